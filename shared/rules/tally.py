"""Tally: counts subscribers one by one, each once, in memory that does not grow with them."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Self

from shared.rules.account import Account, Channel, Delivery
from shared.rules.age import ChildAge, GestationalAge
from shared.rules.au import (
    AHEAD_MONTHS,
    FIRST_WEEK,
    LAST_WEEK,
    MONTHLY_FLOWS,
    YEAR_MONTHS,
    Counts,
    Detail,
    Entrants,
    Figures,
    Flow,
    Measure,
)
from shared.rules.dates import jst_date, jst_instant
from shared.rules.ending import EndOfDelivery
from shared.rules.spells import (
    Entered,
    Left,
    Spell,
    childcare_window,
    pregnancy_window,
    spells,
    stand,
    terms,
)
from shared.rules.stage import Phase, Reason
from shared.rules.subscriber import Subscriber

SERIES = (
    "subscribers",
    "enrolments",
    "pregnancy",
    "pregnancy_enrolments",
    "childcare",
    "childcare_enrolments",
    *(channel.value for channel in Channel),
)
"""The AU series of an account; those of a phase and of a channel are subscribers."""

_NEW = {Entered.NEW_PREGNANCY, Entered.NEW_CHILDCARE}
_IN_BALANCE = {each.value for each in (*Entered, *Left)} & set(MONTHLY_FLOWS)
_NOT_YET = {Phase.PREGNANCY: "new_pregnancy", Phase.CHILDCARE: "new_childcare"}
_A_MONTH = timedelta(days=365.2425 / 12)

Range = tuple[int, int]
"""Indices of instants: the first, and the one after the last."""


class Tally:
    """The figures of every account at one measure, as they grow subscriber by subscriber.

    Two tallies of the same measure add up: so parts of the records can be counted side by side.
    """

    def __init__(self, measure: Measure, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._at, self._opening_at = measure.at.astimezone(UTC), measure.opening_at
        self._terms = {each.id: terms(each, measure.at) for each in accounts.values()}
        self._of = {
            each: _AccountTally(measure, self._terms[each][-1][1] if self._terms[each] else None)
            for each in accounts
        }
        self.subscribers = self.enrolments = 0
        """How many were read."""

    def add(self, subscriber: Subscriber) -> None:
        """Count a subscriber. KeyError where an account of theirs is unknown."""
        at = self._at
        self.subscribers += 1
        self.enrolments += len(subscriber.enrolments)
        by_account: dict[str, list[Spell]] = defaultdict(list)
        for enrolment in subscriber.enrolments:
            found = spells(subscriber, enrolment, self._terms, at)
            for spell in found:
                by_account[spell.account].append(spell)
            if not any(spell.holds(at) for spell in found):
                stood = stand(subscriber, enrolment, self._accounts, at)
                if stood is Reason.AWAITING_BIRTH:
                    self._of[subscriber.where(at)[0]].awaiting_birth += 1
        for account, of_account in by_account.items():
            self._of[account].add(of_account)

    def __iadd__(self, other: Self) -> Self:
        self.subscribers += other.subscribers
        self.enrolments += other.enrolments
        for account, tally in other._of.items():
            self._of[account] += tally
        return self

    def figures(self) -> dict[str, Figures]:
        """The figures of each account that this system sent for at the instant, by id, and of those
        that have ended since the opening: their people have moved out.
        """
        opening, day = jst_date(self._opening_at), jst_date(self._at)
        own = (
            each.id
            for each in self._accounts.values()
            if _sends(each, day) or (_has_ended(each, day) and _sends(each, opening))
        )
        return {account: self._of[account].figures() for account in own}


def _sends(account: Account, day: date) -> bool:
    settings = account.on(day)
    return settings is not None and settings.delivery is Delivery.OWN


def _has_ended(account: Account, day: date) -> bool:
    settings = account.on(day)
    return settings is not None and settings.delivery is Delivery.ENDED


class _AccountTally:
    """One account's: for each series the steps up and down between the instants."""

    def __init__(self, measure: Measure, end: EndOfDelivery | None) -> None:
        self._at, self._opening_at = (
            each.astimezone(UTC) for each in (measure.at, measure.opening_at)
        )
        self._day, self._end = jst_date(measure.at), end
        self._instants = measure.instants
        self._now = len(measure.past)  # the index of the instant that is measured
        self._steps = {name: [0] * (len(self._instants) + 1) for name in (*SERIES, "expected")}
        self._flows = {name: [0] * (self._now + 1) for name in MONTHLY_FLOWS}
        self._ahead = {name: [0] * AHEAD_MONTHS for name in ("graduating", "awaiting", "due")}
        self._entrants = {name: [0] * (AHEAD_MONTHS + 1) for name in ("known", "expected")}
        self._flow: Counter[str] = Counter()
        self._weeks = [0] * (LAST_WEEK - FIRST_WEEK + 1)
        self._ages: Counter[int] = Counter()
        self.awaiting_birth = 0

    def add(self, found: Sequence[Spell]) -> None:
        """Count the spells of one subscriber in this account."""
        ranges = [self._range(spell.begins, spell.ends) for spell in found]
        by: dict[str, list[Range]] = defaultdict(list)
        expected: list[Range] = []
        for spell, span in zip(found, ranges, strict=True):
            self._step("enrolments", span)
            self._step(f"{spell.phase}_enrolments", span)
            by[spell.phase].append(span)
            by[spell.channel].append(span)
            self._note_flow(spell, span)
            if spell.holds(self._at):
                expected += self._note_stage(spell)
            if spell.entered in _NEW:
                self._note_entrant(spell, span)
        present = united(ranges)
        for span in present:
            self._step("subscribers", span)
        for name, of_one in by.items():
            for span in united(of_one):
                self._step(name, span)
        for span in without(united(expected), present):
            self._step("expected", span)

    def _range(self, begins: datetime, ends: datetime) -> Range:
        return bisect_left(self._instants, begins), bisect_left(self._instants, ends)

    def _step(self, name: str, span: Range) -> None:
        steps = self._steps[name]
        steps[span[0]] += 1
        steps[span[1]] -= 1

    def _note_flow(self, spell: Spell, span: Range) -> None:
        opening, at = self._opening_at, self._at
        came, went = span
        if spell.entered in _IN_BALANCE and came <= self._now:
            self._flows[spell.entered][came] += 1
            self._flow[spell.entered] += opening < spell.begins <= at
        if went <= self._now:
            what, sign = spell.left.value, 1
            if spell.left is Left.NOT_YET:
                what, sign = _NOT_YET[spell.phase], -1
            if what in _IN_BALANCE and what != Left.BORN:
                self._flows[what][went] += sign
                self._flow[what] += sign * (opening < spell.ends <= at)
        elif went <= self._now + AHEAD_MONTHS:
            what = "graduating" if spell.left is Left.GRADUATED else "awaiting"
            self._ahead[what][went - self._now - 1] += 1
        self._flow["opening"] += spell.holds(opening)
        self._flow["closing"] += spell.holds(at)

    def _note_stage(self, spell: Spell) -> list[Range]:
        """Note how far an enrolment is that counts now, and when its birth is due; the range in
        which it will count if the birth is registered.
        """
        if spell.phase is Phase.CHILDCARE:
            self._ages[_months_of_life(self._day, spell.base)] += 1
            return []
        self._weeks[GestationalAge.on(self._day, spell.base).days // 7 - FIRST_WEEK] += 1
        due = max(bisect_left(self._instants, jst_instant(spell.base)), self._now + 1)
        self._ahead["due"][due - self._now - 1] += 1
        if self._end is None:
            return []
        _, ends = childcare_window(spell.base, self._end)
        return [self._range(spell.ends, ends)]

    def _note_entrant(self, spell: Spell, span: Range) -> None:
        if not self._now - YEAR_MONTHS < span[0] <= self._now or self._end is None:
            return
        ends = [("known", childcare_window(spell.base, self._end)[1])]
        if spell.phase is Phase.PREGNANCY:
            ends = [("known", pregnancy_window(spell.base)[1]), ("expected", ends[0][1])]
        for name, end in ends:
            months = max(0, (end - spell.begins) // _A_MONTH)
            self._entrants[name][min(months, AHEAD_MONTHS)] += 1

    def __iadd__(self, other: Self) -> Self:
        for mine, theirs in (
            (self._steps, other._steps),
            (self._flows, other._flows),
            (self._ahead, other._ahead),
            (self._entrants, other._entrants),
        ):
            for name, values in theirs.items():
                mine[name] = _added(mine[name], values)
        self._weeks = _added(self._weeks, other._weeks)
        self._ages.update(other._ages)
        self._flow.update(other._flow)
        self.awaiting_birth += other.awaiting_birth
        return self

    def figures(self) -> Figures:
        now = self._now
        series = {name: list(accumulate(steps))[:-1] for name, steps in self._steps.items()}
        expected = series.pop("expected")

        def counts(subscribers: str, enrolments: str) -> Counts:
            return Counts(series[subscribers][now], series[enrolments][now])

        return Figures(
            total=counts("subscribers", "enrolments"),
            pregnancy=counts("pregnancy", "pregnancy_enrolments"),
            childcare=counts("childcare", "childcare_enrolments"),
            channels={channel: series[channel][now] for channel in Channel},
            awaiting_birth=self.awaiting_birth,
            flow=replace(Flow(), **self._flow),
            detail=Detail(
                series={name: values[1 : now + 1] for name, values in series.items()},
                flows={name: values[1:] for name, values in self._flows.items()},
                weeks=self._weeks,
                ages=dict(sorted(self._ages.items())),
                known={name: series[name][now + 1 :] for name in SERIES[:6]},
                expected=expected[now + 1 :],
                graduating=self._ahead["graduating"],
                awaiting=self._ahead["awaiting"],
                due=self._ahead["due"],
                entrants=Entrants(
                    tuple(self._entrants["known"]), tuple(self._entrants["expected"])
                ),
            ),
        )


def united(ranges: Iterable[Range]) -> list[Range]:
    """The same indices as ranges that neither overlap nor touch, in order; empty ones are left
    out.
    """
    found: list[Range] = []
    for first, after in sorted(ranges):
        if first >= after:
            continue
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], after)
        else:
            found.append((first, after))
    return found


def without(ranges: Iterable[Range], others: Sequence[Range]) -> list[Range]:
    """The indices of `ranges` that lie in none of `others`; both are as `united` gives them."""
    found = []
    for first, after in ranges:
        start = first
        for begins, ends in others:
            if ends <= start or begins >= after:
                continue
            if begins > start:
                found.append((start, begins))
            start = ends
        if start < after:
            found.append((start, after))
    return found


@lru_cache(maxsize=1 << 15)
def _months_of_life(day: date, birth_date: date) -> int:
    age = ChildAge.on(day, birth_date)
    return age.years * 12 + age.months


def _added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
