"""Review: who may take a snapshot from draft to reviewed to shared, and what needs a look first."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from statistics import fmean, stdev

from shared.rules.account import Channel
from shared.rules.au import YEAR_MONTHS, Detail
from shared.rules.snapshot import Comment, ExternalLine, OwnLine, Review, Snapshot, State


class NotNowError(Exception):
    """A step that is not open now; the message says why, and what would be."""


class SamePersonError(NotNowError):
    """A step that another person must take."""


def reviewed(review: Review, by: str, at: datetime, *, colleagues: int) -> Review:
    """The review once somebody has approved the figures: where the office has more than one
    colleague, another person than who asked for the snapshot. NotNowError where that is not open.
    """
    _check_current(review)
    if review.state is not State.DRAFT:
        raise NotNowError(f"{review.snapshot} was reviewed by {review.reviewed_by} already")
    if colleagues > 1 and by == review.requested_by:
        raise SamePersonError(
            f"{by} asked for {review.snapshot}; somebody else of the staff must review it "
            "(--by NAME)"
        )
    return replace(review, reviewed_by=by, reviewed_at=at)


def shared(review: Review, by: str, at: datetime) -> Review:
    """The review once the snapshot has gone to all staff; again is allowed. NotNowError where
    nobody reviewed it.
    """
    _check_current(review)
    if review.state is State.DRAFT:
        raise NotNowError(
            f"{review.snapshot} is a draft; `kizuna au review {review.snapshot}` comes first"
        )
    return replace(review, shared_by=by, shared_at=at)


def commented(review: Review, by: str, at: datetime, text: str) -> Review:
    """The review with one more comment, which is kept for good."""
    return replace(review, comments=(*review.comments, Comment(at, by, text)))


def _check_current(review: Review) -> None:
    if review.restated_by:
        raise NotNowError(f"{review.snapshot} was restated by {review.restated_by}; take that one")


class Look(IntEnum):
    """What needs a look, the most urgent first."""

    DOES_NOT_BALANCE = 1
    """Must never be: a fault of the program or of a record."""
    MISSING_EXTERNAL = 2
    """`what` is the month."""
    ZERO = 3
    MOVED = 4
    """AU moved more than the account's own history and the known graduations let expect."""
    CHANNEL_DROP = 5
    """`what` is the channel."""
    FLOW = 6
    """A line of the balance sheet, `what`, is far from what is usual for the account."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that a reviewer should look at: the figure as it is `now`, and between which two
    it was to be expected, where there are such.
    """

    look: Look
    account: str
    what: str = ""
    now: int | None = None
    low: int | None = None
    high: int | None = None


YOUNGEST_MONTHS = 6
"""Of an account with fewer months nobody knows what is usual."""

SPREADS = 3.0
"""How many times the usual spread is too far: chance alone does it about once in 400 times."""

SMALLEST_MOVE, SMALLEST_SHARE = 5, 0.02
"""A move of fewer subscribers, or of less than this share of AU, needs no look."""

CHANNEL_AT_LEAST, CHANNEL_DROP = 10, 0.2
"""A channel of so many subscribers that loses this share in a month was cut off, not left."""


def findings(snapshot: Snapshot) -> list[Finding]:
    """What needs a look in a snapshot, the most urgent first: a pure function of the snapshot."""
    found = [
        Finding(Look.MISSING_EXTERNAL, account, snapshot.scope.month)
        for account in snapshot.missing_external
    ]
    for line in snapshot.accounts:
        if line.subscribers == 0:
            found.append(Finding(Look.ZERO, line.account, now=0))
        if isinstance(line, ExternalLine):
            found += _external(snapshot, line)
        else:
            found += _own(line, snapshot.detail[line.account])
    return sorted(found, key=lambda each: (each.look, each.account, each.what))


def _own(line: OwnLine, detail: Detail) -> Iterator[Finding]:
    if not line.flow.balances or line.flow.closing != line.enrolments:
        yield Finding(Look.DOES_NOT_BALANCE, line.account)
    series = detail.series["subscribers"]
    since = next((n for n, value in enumerate(series) if value), len(series))
    if len(series) - since <= YOUNGEST_MONTHS:
        return
    first = max(since, len(series) - 1 - YEAR_MONTHS)
    yield from _moved(line, detail, first)
    for channel in Channel:
        before, now = detail.series[channel][-2], line.channels[channel]
        least = math.ceil(before * (1 - CHANNEL_DROP))
        if before >= CHANNEL_AT_LEAST and now < least:
            yield Finding(Look.CHANNEL_DROP, line.account, channel.value, now, least, before)
    for name, usual in detail.flows.items():
        yield from _flow(line, name, usual[first:-1])


def _moved(line: OwnLine, detail: Detail, first: int) -> Iterator[Finding]:
    """Whether AU is where the last month's, its usual moves and the exits by date let expect."""
    series, flows = detail.series["subscribers"], detail.flows
    share = line.subscribers / line.enrolments if line.enrolments else 1.0
    by_date = [
        (graduated + awaiting) * share
        for graduated, awaiting in zip(flows["graduated"], flows["awaiting_birth"], strict=True)
    ]
    moves = [series[n] - series[n - 1] + by_date[n] for n in range(first + 1, len(series) - 1)]
    expected = series[-2] + fmean(moves) - by_date[-1]
    band = max(SPREADS * stdev(moves), SMALLEST_MOVE, SMALLEST_SHARE * series[-2])
    yield from _outside(Finding(Look.MOVED, line.account, "", line.subscribers), expected, band)


def _flow(line: OwnLine, name: str, before: Sequence[int]) -> Iterator[Finding]:
    """Whether a flow is far from its mean: counts scatter at least by the root of it."""
    if not before:
        return
    usual, now = fmean(before), getattr(line.flow, name)
    spread = max(math.sqrt(max(usual, 1.0)), stdev(before) if len(before) > 1 else 0.0)
    band = max(SPREADS * spread, SMALLEST_MOVE)
    yield from _outside(Finding(Look.FLOW, line.account, name, now), usual, band)


def _external(snapshot: Snapshot, line: ExternalLine) -> Iterator[Finding]:
    """Whether a reported figure is far from the last one that was reported before."""
    earlier = snapshot.reported.get(line.account, {})
    months = [month for month in sorted(earlier) if month < snapshot.scope.month]
    if months:
        before = earlier[months[-1]]
        band = max(SMALLEST_MOVE, CHANNEL_DROP * before)
        finding = Finding(Look.MOVED, line.account, "", line.subscribers)
        yield from _outside(finding, before, band)


def _outside(finding: Finding, expected: float, band: float) -> Iterator[Finding]:
    """The finding, if its figure lies outside the band around what was to be expected."""
    low, high = max(0, math.ceil(expected - band)), max(0, math.floor(expected + band))
    if finding.now is not None and not low <= finding.now <= high:
        yield replace(finding, low=low, high=high)
