"""What is stored of a subscriber: in plain words, and as a file that holds all of it."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from functions.register.own import Own, let_in
from functions.register.page import Page, download, new_router, page
from functions.register.resources import Resources, now, resources
from shared.rules import changes
from shared.rules.dates import JST, jst_date
from shared.rules.history import Event, Status
from shared.rules.subscriber import Enrolment

router = new_router()

SHAPE = "kizuna-own-data/1"
"""The shape of the file, described in docs/own-data.md."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was: and until when."""

    account: str
    channel: str
    until: date


@router.get("/me/<token>/stored")
def stored(token: str) -> Page:
    """Everything that is on record, with dates."""
    own = let_in(resources(), token, now())
    return page(
        "stored",
        own.language,
        own=own,
        places=_places(resources(), own),
        touchpoint=_touchpoint(resources(), own),
        consents=[(jst_date(each.at), each) for each in own.subscriber.consents],
        enrolments=[
            (changes.standing(each).status is Status.ACTIVE, each, _events(each))
            for each in own.subscriber.enrolments
        ],
    )


@router.get("/me/<token>/export")
def export(token: str) -> Page:
    """The same as JSON, to keep."""
    own = let_in(resources(), token, now())
    body = json.dumps(exported(resources(), own), ensure_ascii=False, indent=2)
    return download(body, name="kizuna.json")


def exported(resources: Resources, own: Own) -> dict[str, Any]:
    """All that is stored; instants in Japanese time."""
    subscriber = own.subscriber
    return {
        "shape": SHAPE,
        "exported_at": _instant(own.at),
        "sender": own.settings.name,
        "account": subscriber.account,
        "channel": subscriber.channel,
        "address": subscriber.address,
        "language": subscriber.language,
        "touchpoint": subscriber.touchpoint,
        "touchpoint_name": _touchpoint(resources, own),
        "sent_elsewhere_on": (
            subscriber.sent_elsewhere_on.isoformat() if subscriber.sent_elsewhere_on else None
        ),
        "failed_on": [each.isoformat() for each in subscriber.failed_on],
        "earlier": [
            {"account": each.account, "channel": each.channel, "until": _instant(each.until)}
            for each in subscriber.earlier
        ],
        "consents": [
            {
                "at": _instant(each.at),
                "version": each.version,
                "language": each.language,
                "source": each.source,
            }
            for each in subscriber.consents
        ],
        "enrolments": [
            {
                "id": each.id,
                "nickname": each.nickname,
                "family": each.family,
                "history": [
                    {
                        "at": _instant(event.at),
                        "what": event.what,
                        "day": event.day.isoformat() if event.day else None,
                    }
                    for event in each.history
                ],
            }
            for each in subscriber.enrolments
        ],
        "id": subscriber.id,
        "version": subscriber.version,
        "generation": subscriber.generation,
        "loaded_version": subscriber.loaded_version,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(JST).isoformat(timespec="seconds")


def _events(enrolment: Enrolment) -> list[tuple[Any, Event]]:
    return [
        (jst_date(each.at), each) for each in sorted(enrolment.history, key=lambda event: event.at)
    ]


def _places(resources: Resources, own: Own) -> list[Place]:
    found = []
    for each in own.subscriber.earlier:
        account = resources.store.accounts.get(each.account)
        settings = account.on(jst_date(each.until)) if account else None
        name = settings.name if settings else each.account
        found.append(Place(name, each.channel, jst_date(each.until)))
    return found


def _touchpoint(resources: Resources, own: Own) -> str | None:
    """The name of what brought them, which they may have met with another account."""
    name = own.subscriber.touchpoint
    if name is None:
        return None
    first = own.subscriber.earlier[0].account if own.subscriber.earlier else own.subscriber.account
    found = resources.store.touchpoints.get(first, name)
    return found.name if found else name
