"""How texts come into force: written as a draft, proposed, and published by a second person."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import regex

from shared.office.errors import Because, NotDoneError
from shared.rules.catalogue import COMMON_SERIES, Catalogue
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.text import Text
from shared.store.drafts import Draft, Proposal, Published
from shared.store.store import Store

_LINK = regex.compile(r"https?://\S+")
_HALF_WIDTH_KANA = regex.compile(r"[\uFF61-\uFF9F]")


@dataclass(frozen=True, slots=True)
class Change:
    """What a draft changes on a day: None stands for no text."""

    due: Due
    before: Text | None
    after: Text | None
    by: str

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def check_series(store: Store, series: str) -> None:
    """NotDoneError where there is no such series."""
    if series != COMMON_SERIES and store.accounts.get(series) is None:
        raise NotDoneError(f"there is no series {series!r}", Because.UNKNOWN)


def published(store: Store, series: str, day: date | None = None) -> Catalogue:
    """The texts of a series in force on a day (None: now)."""
    return store.content.load(series, store.content.published(series, day))


def save(
    store: Store, series: str, due: Due, text: Text | None, *, now: datetime, who: str
) -> None:
    """Keep what a day is to say as a draft. What was proposed is so no more: it has changed."""
    check_series(store, series)
    if published(store, series).get(due) == text:
        store.drafts.drop(series, due)
    else:
        store.drafts.put(series, due, Draft(text, who, now))
    store.drafts.settle(series)


def changes(store: Store, series: str) -> list[Change]:
    """What the draft of a series would change, by phase and day."""
    now = published(store, series)
    drafts = store.drafts.of(series)
    found = [Change(due, now.get(due), each.text, each.by) for due, each in sorted(drafts.items())]
    return [each for each in found if each.before != each.after]


def digest(found: list[Change]) -> str:
    """What tells whether a draft is still the one that somebody saw."""
    return hashlib.sha256(repr([(e.due, e.after) for e in found]).encode()).hexdigest()[:16]


def propose(store: Store, series: str, since: date | None, *, now: datetime, who: str) -> Proposal:
    """Ask a second person to publish the draft. NotDoneError where nothing would change, or the day
    has passed.
    """
    found = changes(store, series)
    if not found:
        raise NotDoneError(f"the draft of {series} changes nothing", Because.ALREADY)
    if since is not None and since <= jst_date(now):
        raise NotDoneError(
            f"{since} is not to come; leave the day out to publish at once", Because.OVER
        )
    proposal = Proposal(who, now, digest(found), since)
    store.drafts.propose(series, proposal)
    store.audit.note(now, who, f"proposed {len(found)} texts", series)
    return proposal


def publish(store: Store, series: str, seen: str, *, now: datetime, who: str) -> str:
    """Publish the draft as it was `seen` (its digest), and return the version. NotDoneError where
    nobody else proposed it, or it has changed since.
    """
    proposal, found = store.drafts.proposal(series), changes(store, series)
    if proposal is None:
        raise NotDoneError(f"the draft of {series} is not proposed: its author does that first")
    if proposal.by == who:
        raise NotDoneError(
            f"{who} proposed it; another person publishes it", Because.ANOTHER_PERSON
        )
    if not seen == proposal.digest == digest(found):
        raise NotDoneError(f"the draft of {series} has changed since; look again", Because.CHANGED)
    catalogue = overlaid(published(store, series), found)
    version = store.content.write(series, catalogue)
    store.content.point(series, version, proposal.since)
    note = Published(version, now, who, proposal.by, proposal.since, len(catalogue))
    store.drafts.note(series, note)
    store.audit.note(now, who, f"published {len(found)} texts: {version}", series)
    for each in found:
        store.drafts.drop(series, each.due)
    store.drafts.settle(series)
    return version


def roll_back(store: Store, series: str, version: str, *, now: datetime, who: str) -> None:
    """Have a version be in force again at once. NotDoneError where it never was."""
    known = {each.version: each for each in store.drafts.versions(series)}
    if version not in known:
        raise NotDoneError(f"{version} was never published of {series}", Because.UNKNOWN)
    store.content.point(series, version)
    texts = known[version].texts
    store.drafts.note(series, Published(version, now, who, who, None, texts))
    store.audit.note(now, who, f"rolled back to {version}", series)


def overlaid(catalogue: Catalogue, found: list[Change]) -> dict[Due, Text]:
    """The texts with what a draft changes."""
    texts: dict[Due, Text] = dict(catalogue)
    for each in found:
        if each.after is None:
            texts.pop(each.due, None)
        else:
            texts[each.due] = each.after
    return texts


def warnings(text: Text) -> list[str]:
    """What is allowed, but looks like a slip: links, and what some phones cannot show."""
    found = []
    whole = f"{text.title}\n{text.text}\n{text.notice}"
    if links := _LINK.findall(whole):
        found.append(f"link: {links[0]}")
    if _HALF_WIDTH_KANA.search(whole):
        found.append("half_width")
    if any(unicodedata.category(each) in {"Co", "Cn"} for each in whole):
        found.append("unreadable")
    return found


def search(catalogues: Mapping[str, Catalogue], words: str) -> list[tuple[str, Due, Text]]:
    """The texts that hold all of some words."""
    wanted = words.casefold().split()
    return [
        (series, due, text)
        for series, catalogue in catalogues.items()
        for due, text in sorted(catalogue.items())
        if all(w in f"{text.title}\n{text.text}\n{text.notice}".casefold() for w in wanted)
    ]
