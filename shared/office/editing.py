"""How texts come into force: written as a draft, proposed, and published by a second person."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shared.office.errors import Because, NotDoneError
from shared.rules.catalogue import COMMON_SERIES, Catalogue
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.text import Text
from shared.store.content import Pointer
from shared.store.drafts import Draft, Proposal
from shared.store.store import Store
from shared.store.tables import ConflictError

_LINK = re.compile(r"https?://\S+")
_HALF_WIDTH_KANA = re.compile(r"[\uFF61-\uFF9F]")


@dataclass(frozen=True, slots=True)
class Change:
    """What a version or a draft changes on a day: None stands for no text."""

    due: Due
    before: Text | None
    after: Text | None
    draft: Draft | None = None

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True, slots=True)
class Drafted:
    """The draft of a series against what will be in force on the day it is for; `proposal`: who
    asked to publish it, as long as it is what they saw.
    """

    changes: tuple[Change, ...]
    proposal: Proposal | None
    pointer: Pointer
    base: Catalogue

    @property
    def digest(self) -> str:
        """What tells whether a draft, and what it changes, are still what somebody saw."""
        facts = repr([(each.due, each.before, each.after) for each in self.changes])
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @property
    def texts(self) -> Catalogue:
        """The whole series with the draft."""
        texts = dict(self.base)
        for each in self.changes:
            if each.after is None:
                texts.pop(each.due, None)
            else:
                texts[each.due] = each.after
        return texts


def check_series(store: Store, series: str) -> None:
    """NotDoneError where there is no such series."""
    if series != COMMON_SERIES and store.accounts.get(series) is None:
        raise NotDoneError(f"there is no series {series!r}", Because.UNKNOWN)


def published(store: Store, series: str, day: date | None = None) -> Catalogue:
    """The texts of a series in force on a day (None: now)."""
    return store.content.load(series, store.content.published(series, day))


def newest(store: Store, series: str) -> Catalogue:
    """The texts of a series as they will be once all that was published has come into force."""
    return store.content.load(series, store.content.published(series, date.max))


def save(
    store: Store,
    series: str,
    due: Due,
    text: Text | None,
    *,
    seen: Draft | None,
    now: datetime,
    who: str,
) -> None:
    """Keep what a day is to say as a draft, in place of the one that was `seen`. What was proposed
    is so no more: it has changed. ConflictError where somebody else was first.
    """
    check_series(store, series)
    if not _is_said(store, series, due, text):
        store.drafts.put(series, due, Draft(text, who, now), seen=seen)
    elif seen is not None:
        store.drafts.drop(series, due, seen=seen)
    store.drafts.settle(series)
    store.audit.note(now, who, f"drafted {due.phase} {due.day}", series)


def save_all(
    store: Store, series: str, texts: Mapping[Due, Text], *, now: datetime, who: str
) -> int:
    """Keep what many days are to say as drafts, whatever drafts there were, and return how many
    differ from what is published.
    """
    check_series(store, series)
    now_and_then = published(store, series), newest(store, series)
    drafts = {
        due: Draft(text, who, now)
        for due, text in texts.items()
        if any(each.get(due) != text for each in now_and_then)
    }
    store.drafts.put_all(series, drafts)
    store.drafts.settle(series)
    store.audit.note(now, who, f"drafted {len(drafts)} texts", series)
    return len(drafts)


def _is_said(store: Store, series: str, due: Due, text: Text | None) -> bool:
    """Whether a day says this now, and goes on saying it."""
    now_and_then = published(store, series), newest(store, series)
    return all(each.get(due) == text for each in now_and_then)


def drop(store: Store, series: str, due: Due, *, now: datetime, who: str) -> None:
    """Leave a day as it is published."""
    seen = store.drafts.get(series, due)
    if seen is None:
        return
    store.drafts.drop(series, due, seen=seen)
    store.drafts.settle(series)
    store.audit.note(now, who, f"dropped the draft of {due.phase} {due.day}", series)


def drafted(store: Store, series: str, now: datetime) -> Drafted:
    """The draft of a series for the day that it is proposed for; where it is not, for today."""
    proposal = store.drafts.proposal(series)
    return _drafted(
        store, series, (proposal.since if proposal else None) or jst_date(now), proposal
    )


def _drafted(store: Store, series: str, day: date, proposal: Proposal | None = None) -> Drafted:
    pointer = store.content.pointer(series)
    found = pointer.on(day)
    base = store.content.load(series, found.version if found else None)
    changes = (
        Change(due, base.get(due), each.text, each)
        for due, each in sorted(store.drafts.of(series).items())
    )
    changed = tuple(each for each in changes if each.before != each.after)
    return Drafted(changed, proposal, pointer, base)


def propose(store: Store, series: str, since: date | None, *, now: datetime, who: str) -> Proposal:
    """Ask a second person to publish the draft, at once or from a day on, whoever asked before.
    NotDoneError where nothing would change, or the day has passed.
    """
    found = _drafted(store, series, since or jst_date(now))
    if not found.changes:
        raise NotDoneError(f"the draft of {series} changes nothing", Because.ALREADY)
    if since is not None and since <= jst_date(now):
        raise NotDoneError(
            f"{since} is not to come; leave the day out to publish at once", Because.OVER
        )
    proposal = Proposal(who, now, found.digest, since)
    store.drafts.propose(series, proposal)
    store.audit.note(now, who, f"proposed {len(found.changes)} texts", series)
    return proposal


def give_back(store: Store, series: str, *, now: datetime, who: str) -> None:
    """Have a proposal be none any more; its draft stays."""
    if store.drafts.proposal(series) is not None:
        store.drafts.settle(series)
        store.audit.note(now, who, "gave a proposal back", series)


def publish(store: Store, series: str, seen: str, *, now: datetime, who: str) -> str:
    """Publish the draft as it was `seen` (its digest), and return the version. NotDoneError where
    nobody else proposed it, it or what it changes is another by now, or its day has passed.
    """
    found = drafted(store, series, now)
    proposal, today = found.proposal, jst_date(now)
    if proposal is None:
        raise NotDoneError(f"the draft of {series} is not proposed: its author does that first")
    if proposal.by == who:
        raise NotDoneError(
            f"{who} proposed it; another person publishes it", Because.ANOTHER_PERSON
        )
    if not seen == proposal.digest == found.digest:
        raise NotDoneError(f"the draft of {series} has changed since; look again", Because.CHANGED)
    if proposal.since and proposal.since < today:
        raise NotDoneError(f"{proposal.since} has passed; propose it anew", Because.OVER)
    version = store.content.publish(
        series,
        found.texts,
        since=proposal.since if proposal.since and proposal.since > today else None,
        by=who,
        proposed_by=proposal.by,
        now=now,
        revision=found.pointer.revision,
    )
    store.audit.note(now, who, f"published {len(found.changes)} texts: {version}", series)
    store.drafts.settle(series)
    for each in found.changes:
        if each.draft is not None:
            _done(store, series, each.due, each.draft)
    return version


def _done(store: Store, series: str, due: Due, draft: Draft) -> None:
    try:
        store.drafts.drop(series, due, seen=draft)
    except ConflictError:
        return  # somebody wrote on meanwhile: that is the next draft


def withdraw(store: Store, series: str, since: date, *, now: datetime, who: str) -> None:
    """Have a version of a day to come not come into force. NotDoneError where there is none."""
    if not store.content.withdraw(series, since, by=who, now=now):
        raise NotDoneError(f"nothing of {series} comes into force on {since}", Because.UNKNOWN)
    store.audit.note(now, who, f"withdrew the version of {since}", series)


def roll_back(store: Store, series: str, version: str, *, now: datetime, who: str) -> None:
    """Have a version be in force again at once. NotDoneError where it never was published, or is
    in force.
    """
    texts = earlier(store, series, version)
    if texts is None:
        raise NotDoneError(f"{version} was never published of {series}", Because.UNKNOWN)
    if store.content.published(series, jst_date(now)) == version:
        raise NotDoneError(f"{version} is in force", Because.ALREADY)
    store.content.publish(series, texts, by=who, now=now)
    store.audit.note(now, who, f"rolled back to {version}", series)


def earlier(store: Store, series: str, version: str) -> Catalogue | None:
    """The texts of a version that was published once, or None."""
    known = {each.version for each in store.content.versions(series)}
    return store.content.load(series, version) if version in known else None


def differences(before: Catalogue, after: Catalogue) -> tuple[Change, ...]:
    """What changes between two versions, by day."""
    return tuple(
        Change(due, before.get(due), after.get(due))
        for due in sorted({*before, *after})
        if before.get(due) != after.get(due)
    )


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
