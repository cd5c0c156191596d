"""Every fault at every point of the day: enumerated, tried, and held against the plan."""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.outcomes import Result
from shared.rules.reconciliation import Sums
from shared.rules.subscriber import Subscriber
from shared.store.keys import JobId
from tests.faults.day import CHANGING, STEADY, Changed, Day, Died, Rhythm, Sent
from tests.faults.wire import Call, Wire, met
from tests.world import ADDRESSES, TEN


class Kind(StrEnum):
    """What happens at a point."""

    DIES = "the process dies before it"
    DIES_AFTER = "the process dies after it"
    TIMES_OUT = "it takes too long, and was not done"
    TIMES_OUT_AFTER = "its answer takes too long"
    THROTTLED = "it is throttled"
    FAILS = "it fails with 500, and was not done"
    FAILS_AFTER = "it fails with 500 after it was done"
    KEEPS_FAILING = "it and each repeat fail with 500, and are not done"
    KEEPS_FAILING_AFTER = "it is done, and each answer is 500"
    GARBLED = "its answer cannot be read"
    PARTIAL = "a part of it is done"
    SLOW = "it is so slow that the lease runs out and another worker goes on first"
    TWICE = "another worker gets the same message meanwhile"
    STOP = "a reader of each channel stops before it"
    EARLIER = "a reader of each channel corrects the due date to an earlier one before it"
    LATER = "a reader of each channel corrects the due date to a later one before it"
    MOVE = "a reader of each channel moves to another channel before it"


AFTER = {Kind.DIES_AFTER, Kind.TIMES_OUT_AFTER, Kind.FAILS_AFTER, Kind.KEEPS_FAILING_AFTER}
CHANGES = {Kind.STOP, Kind.EARLIER, Kind.LATER, Kind.MOVE}
MEANWHILE = {Kind.SLOW, Kind.TWICE} | CHANGES
"""What happens beside the call, which is then made."""

PARTIAL = {"BatchGetItem", "send_bulk_email"}
REPEATED_AWAY = {Kind.TIMES_OUT, Kind.FAILS, Kind.THROTTLED}
PROVIDERS = {"ses", "line", "twilio"}
DECIDING = {"dispatch", "EmailQueue", "LineQueue", "SmsQueue"}
"""The Lambdas in which messages are decided, frozen and sent."""

QUEUED = DECIDING - {"dispatch"}


@dataclass(frozen=True, slots=True)
class Point:
    """A call of the clean day: which Lambda makes it, and the how-manieth call of the day it is."""

    number: int
    function: str
    call: Call

    def kinds(self) -> Iterator[Kind]:
        """What can happen here."""
        for kind in Kind:
            if kind in AFTER and not self.call.takes_effect:
                continue
            if kind is Kind.PARTIAL and self.call.operation not in PARTIAL:
                continue
            if kind in (Kind.SLOW, Kind.TWICE) and self.function not in QUEUED:
                continue
            if kind in CHANGES and self.function not in DECIDING:
                continue
            yield kind

    def __str__(self) -> str:
        return f"{self.function} call {self.number}, {self.call.service} {self.call.operation}"


Case = tuple[tuple[Point, Kind], ...]
"""What happens at which points of one day."""


@dataclass
class Figures:
    """What came of many days."""

    cases: int = 0
    lost: int = 0
    repeated: int = 0
    unknown: int = 0
    """Messages that did not come, and that staff are told are unknown, as docs/reliability.md says:
    of a LINE call without an answer, to which somebody belonged who changed something."""
    faults: list[str] = field(default_factory=list)
    """A line for each day that did not come out as planned."""

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.cases + other.cases,
            self.lost + other.lost,
            self.repeated + other.repeated,
            self.unknown + other.unknown,
            self.faults + other.faults,
        )


class Trial:
    """Runs days with faults, and says how they end."""

    def __init__(self, day: Day, patch: pytest.MonkeyPatch) -> None:
        self._day, self._patch = day, patch
        self.points = self._recorded()
        self.planned = day.sent()
        self.sums = self._sums()

    def cases(self) -> list[Case]:
        """Every single fault at every point."""
        return [((point, kind),) for point in self.points for kind in point.kinds()]

    def sample(self, function: str, only: Collection[str] | None = None) -> list[Case]:
        """Each fault of each sort of call (or `only` these) that a Lambda makes, once, but for
        those that the SDK by itself repeats away: the last call of its sort, as most went before.
        """
        found = {
            (point.call, kind): ((point, kind),)
            for ((point, kind),) in self.cases()
            if point.function == function
            and (only is None or point.call.operation in only)
            and not (kind in REPEATED_AWAY and point.call.service not in PROVIDERS)
        }
        return list(found.values())

    def pairs(self, seed: int) -> Iterator[Case]:
        """Two faults in one day, drawn without end; at the most one of them a reader's change."""
        draw = random.Random(seed)
        every = [one for (one,) in self.cases()]
        while True:
            first, second = sorted(draw.sample(every, 2), key=lambda one: one[0].number)
            if first[0] != second[0] and not {first[1], second[1]} <= CHANGES:
                yield first, second

    def run(self, case: Case, rhythm: Rhythm = STEADY) -> Figures:
        """One day with what happens in it."""
        self._day.begin()
        happening = Happening(self._day, case)
        with met(self._day.world.standins, happening, self._patch):
            self._day.go(rhythm)
        return self._judged(case, happening, rhythm)

    def _recorded(self) -> list[Point]:
        self._day.begin()
        found: list[Point] = []

        def note(call: Call, wire: Wire) -> Any:
            if self._day.running:
                found.append(Point(len(found), self._day.running, call))
            _note_callback(self._day, call, wire)
            return wire.go_on()

        with met(self._day.world.standins, note, self._patch):
            self._day.go()
        return found

    def _sums(self) -> Sums | None:
        """Those of the closed run, but for when it was: a day with faults takes longer."""
        run = self._day.world.store.ledger.run(TEN.date(), "bunkyo")
        return replace(run.total(), minutes={}) if run and run.closed_at else None

    def _judged(self, case: Case, happening: "Happening", rhythm: Rhythm) -> Figures:
        sent, sums = self._day.sent(), self._sums()
        planned = self._expected(sent, happening)
        repeated = sum((sent - planned).values())
        told_unknown = self._told_unknown(happening)
        missing = Counter(address for _, address, _ in (planned - sent).elements())
        unknown = (missing & told_unknown).total()
        lost = missing.total() - unknown
        # One that is unknown may have come, or not.
        unsure = range(told_unknown.total() + 1)
        right = sums and sums.reconciles and sum(sent.values()) - sums.accepted in unsure
        if repeated or lost or not right or not (happening.changed or sums == self.sums):
            what = "; ".join(f"{point}: {kind}" for point, kind in case) or str(rhythm)
            line = f"{what} -> lost {lost} repeated {repeated} {sums}"
            return Figures(1, lost, repeated, unknown, [line])
        return Figures(cases=1, unknown=unknown)

    def _told_unknown(self, happening: "Happening") -> Counter[str]:
        """By address, the messages on LINE whose outcome is unknown for good because somebody of
        the same call changed something before it could be repeated.
        """
        if happening.changed is None:
            return Counter()
        before = {each.address: address for address, each in happening.changed[1].items()}
        store = self._day.world.store
        batches = store.waves.batches(JobId("bunkyo", TEN.date(), Channel.LINE, 0))
        readers = [
            [entry.subscriber for entry in batch.entries]
            for batch in batches
            if batch.results == {Result.UNKNOWN}
        ]
        found = store.subscribers.get_many(name for call in readers for name in call)
        now = [
            found[name].address for call in readers if set(call) & set(CHANGING) for name in call
        ]
        return Counter(before.get(address, address) for address in now)

    def _expected(self, sent: Counter[Sent], happening: "Happening") -> Counter[Sent]:
        """The plan, but for those who changed something: nothing after a stop, and exactly one
        message after a correction or a move, that of the new day or at the new place. What was
        frozen before may also still come as it was planned.
        """
        if happening.changed is None:
            return self.planned
        kind, changed = happening.changed
        expected: Counter[Sent] = Counter()
        for each, number in self.planned.items():
            _, address, _ = each
            reader = changed.get(address)
            if reader is None or (reader.on_its_way and each in sent):
                expected[each] = number
            elif kind is not Kind.STOP:
                told = {one for one in sent if one[1] == reader.address and one not in self.planned}
                expected[min(told, default=each)] = number
        return expected


NEXT = {Channel.EMAIL: Channel.LINE, Channel.LINE: Channel.SMS, Channel.SMS: Channel.EMAIL}
"""To which channel the readers of each move."""


def _moved(old: Subscriber) -> Subscriber:
    channel = NEXT[old.channel]
    address = ADDRESSES[channel].format(1000 + CHANGING.index(old.id))
    return changes.moved(old, TEN, account=old.account, channel=channel, address=address)


CHANGE: Mapping[Kind, Callable[[Subscriber], Subscriber]] = {
    Kind.STOP: partial(changes.stopped, at=TEN),
    Kind.EARLIER: partial(
        changes.due_date_corrected, enrolment_id="e1", due_date=date(2027, 1, 10), at=TEN
    ),
    Kind.LATER: partial(
        changes.due_date_corrected, enrolment_id="e1", due_date=date(2027, 1, 30), at=TEN
    ),
    Kind.MOVE: _moved,
}


class Happening:
    """Meets the calls of a day, and lets happen what a case says."""

    def __init__(self, day: Day, case: Case) -> None:
        self._day = day
        self._waiting = {point.number: kind for point, kind in case}
        self._number = 0
        self._failing: dict[Call, Kind] = {}
        self.changed: tuple[Kind, dict[str, Changed]] | None = None
        """What a reader of each channel did, and how it is with them, by address."""

    def __call__(self, call: Call, wire: Wire) -> Any:
        """Let a call of a Lambda's be made, or fail."""
        _note_callback(self._day, call, wire)
        if not self._day.running:
            return wire.go_on()
        kind = self._failing.get(call) or self._waiting.pop(self._number, None)
        self._number += 1
        return wire.go_on() if kind is None else self._do(kind, call, wire)

    def _do(self, kind: Kind, call: Call, wire: Wire) -> Any:
        if kind in MEANWHILE:
            self._meanwhile(kind)
            return wire.go_on()
        if kind in AFTER or kind is Kind.GARBLED:
            wire.go_on()
        if kind in (Kind.KEEPS_FAILING, Kind.KEEPS_FAILING_AFTER):
            self._failing[call] = Kind.KEEPS_FAILING
            self._day.at_its_end(lambda: self._failing.pop(call, None))
        return ANSWERS[kind](wire)

    def _meanwhile(self, kind: Kind) -> None:
        if kind in CHANGES:
            self.changed = (kind, self._day.change(CHANGE[kind]))
            return
        if kind is Kind.SLOW:
            self._day.world.leases_run_out()
        self._day.another_worker()


def _die(_wire: Wire) -> None:
    raise Died


ANSWERS: Mapping[Kind, Callable[[Wire], Any]] = {
    Kind.DIES: _die,
    Kind.DIES_AFTER: _die,
    Kind.TIMES_OUT: lambda wire: wire.times_out(),
    Kind.TIMES_OUT_AFTER: lambda wire: wire.times_out(),
    Kind.THROTTLED: lambda wire: wire.throttled(),
    Kind.FAILS: lambda wire: wire.fails(),
    Kind.FAILS_AFTER: lambda wire: wire.fails(),
    Kind.KEEPS_FAILING: lambda wire: wire.fails(),
    Kind.KEEPS_FAILING_AFTER: lambda wire: wire.fails(),
    Kind.GARBLED: lambda wire: wire.garbled(),
    Kind.PARTIAL: lambda wire: wire.partial(),
}


def _note_callback(day: Day, call: Call, wire: Wire) -> None:
    if call.operation == "create":
        form = parse_qs(wire.body.decode())  # type: ignore[attr-defined]
        path = urlsplit(form["StatusCallback"][0]).path
        day.callbacks[form["To"][0], form["Body"][0]] = path
