"""Joining: the form, the dates shown back for checking, and the way to a confirmed address."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from functions.register.accounts import NotOpenError, OpenAccount, open_account
from functions.register.application import MOST_ROWS, Filled, Wanted, read_wanted
from functions.register.forms import Problem, language_asked
from functions.register.page import Page, new_router, page
from functions.register.resources import Resources, now, resources
from functions.register.sending import Request, ask_to_confirm
from functions.register.wording import say, stage_words
from shared.rules.dates import jst_date
from shared.rules.joining import Application, Child
from shared.rules.subscriber import Language
from shared.rules.touchpoint import Step, is_touchpoint_id
from shared.subscribers import consent
from shared.subscribers.address import shown_address
from shared.web.form import Form, FormError, read_form

router = new_router()

CONSENT_SOURCE = "web"


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody joins: the account, what brought them, and the child to follow where they
    were invited.
    """

    account: OpenAccount
    touchpoint: str
    counted: bool
    invited_to: tuple[Child, ...] = ()


@router.get("/join/<account>/<touchpoint>")
def form(account: str, touchpoint: str) -> Page:
    """The empty form."""
    at, language = now(), language_asked(router.current_event)
    door = _door(resources(), account, touchpoint, jst_date(at))
    _count(resources(), door, Step.OPENED, at)
    return shown(door, Filled(), language, jst_date(at))


@router.post("/join/<account>/<touchpoint>")
def send(account: str, touchpoint: str) -> Page:
    """The form as it was filled in."""
    at, language = now(), language_asked(router.current_event)
    posted = read_form(router.current_event)
    door = _door(resources(), account, touchpoint, jst_date(at))
    source = router.current_event.request_context.http.source_ip
    return answer(door, posted, language, source=source, at=at)


def answer(door: Door, posted: Form, language: Language, *, source: str, at: datetime) -> Page:
    """What a button of the form leads to."""
    filled, today = Filled.of(posted), jst_date(at)
    step, _, row = posted.get("step", "").partition("-")
    match step:
        case "edit":
            return shown(door, filled, language, today)
        case "add" if not door.invited_to:
            return shown(door, filled.with_row(), language, today, focus=True)
        case "remove" if not door.invited_to:
            return shown(door, filled.without_row(row), language, today)
        case "check" | "send":
            pass
        case _:
            raise FormError(400)
    wanted = read_wanted(posted, filled, door.account, today, invited_to=door.invited_to)
    if not isinstance(wanted, Wanted):
        return shown(door, filled, language, today, problems=wanted)
    if step == "send":
        return ask_to_confirm(resources(), _request(door, wanted, language, at), source, at)
    if not filled.started:
        _count(resources(), door, Step.STARTED, at)
    return page(
        "check",
        language,
        account=door.account.settings.name,
        form={**posted, "started": "yes"},
        filled=filled,
        wanted=wanted,
        address=shown_address(wanted.channel, wanted.address),
        lines=_said_back(wanted.children, today, language),
        invited=bool(door.invited_to),
    )


def shown(
    door: Door,
    filled: Filled,
    language: Language,
    today: date,
    *,
    problems: tuple[Problem, ...] = (),
    focus: bool = False,
) -> Page:
    """The form, with what was filled in so far."""
    settings = door.account.settings
    office = resources().letterhead.office
    return page(
        "join",
        language,
        status=422 if problems else 200,
        problems=problems,
        account=settings.name,
        channels=door.account.channels,
        filled=filled,
        focus=len(filled.rows) if focus else None,
        more=len(filled.rows) < MOST_ROWS,
        invited=_followed(door, today, language),
        summary=consent.consent_summary(language),
        terms=consent.consent_text(language, sender=settings.name, office=office),
    )


def _door(resources: Resources, account_id: str, touchpoint_id: str, today: date) -> Door:
    account = open_account(resources, account_id, today)
    touchpoint = (
        resources.store.touchpoints.get(account_id, touchpoint_id)
        if is_touchpoint_id(touchpoint_id)
        else None
    )
    if touchpoint is None or touchpoint.closed:
        raise NotOpenError
    return Door(account, touchpoint_id, counted=True)


def _count(resources: Resources, door: Door, step: Step, at: datetime) -> None:
    if door.counted:
        resources.store.touchpoints.count(door.account.id, door.touchpoint, step, jst_date(at))


def _request(door: Door, wanted: Wanted, language: Language, at: datetime) -> Request:
    asked = Application(
        account=door.account.id,
        channel=wanted.channel,
        touchpoint=door.touchpoint,
        children=wanted.children,
        language=language,
        consent=consent.given(language, CONSENT_SOURCE, at),
    )
    return Request(door.account.id, wanted.channel, wanted.address, language, application=asked)


def _followed(door: Door, today: date, language: Language) -> str:
    """Whom somebody was invited to follow, or nothing."""
    for each in door.invited_to:
        kind = "due" if each.birth_date is None else "born"
        return say(f"join.invited_{kind}", language, stage=stage_words(each, today, language))
    return ""


def _said_back(
    children: tuple[Child, ...], today: date, language: Language
) -> list[dict[str, object]]:
    """Each date once, with its week or age and whom it is about."""
    found: list[dict[str, object]] = []
    for first in dict.fromkeys(replace(each, nickname=None) for each in children):
        together = [each for each in children if replace(each, nickname=None) == first]
        found.append(
            {
                "kind": "due" if first.birth_date is None else "born",
                "day": first.birth_date or first.due_date,
                "stage": stage_words(first, today, language),
                "twins": len(together) > 1,
                "names": [each.nickname for each in together if each.nickname],
            }
        )
    return found
