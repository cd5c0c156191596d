"""Invented lives: histories, moves and accounts with changing settings, for properties of AU."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st

from shared.rules.account import Account, Channel, Delivery, Settings
from shared.rules.dates import JST
from shared.rules.ending import EndKind, EndOfDelivery
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Earlier, Enrolment, Subscriber
from tests.rules.invented import BUNKYO

FIRST, LAST = date(2020, 1, 1), date(2027, 12, 31)
NAMES = ("bunkyo", "naha")

days = st.dates(FIRST, LAST)
midnights = days.map(lambda day: datetime.combine(day, time(), JST))
instants = st.tuples(days, st.times()).map(lambda both: datetime.combine(*both, JST))
moments = st.one_of(instants, midnights)
"""Instants, among which midnights in Tokyo come up often."""

_ends = st.one_of(
    st.integers(1, 4).map(lambda n: EndOfDelivery(EndKind.BIRTHDAY, n)),
    st.integers(1, 2).map(lambda n: EndOfDelivery(EndKind.SCHOOL_YEAR_END, n)),
)


@st.composite
def accounts(draw: st.DrawFn, name: str) -> Account:
    """An account that changed its end of delivery, sent through another system or ended for a
    time.
    """
    days = draw(st.lists(st.dates(date(2019, 1, 1), LAST), min_size=1, max_size=4, unique=True))
    settings: list[Settings] = []
    for day in sorted(days):
        delivery = draw(st.sampled_from([Delivery.OWN, Delivery.OWN, *Delivery]))
        change = {"valid_from": day, "delivery": delivery, "end_of_delivery": draw(_ends)}
        settings.append(replace(BUNKYO, **change))
    return Account(name, tuple(settings))


def all_accounts() -> st.SearchStrategy[dict[str, Account]]:
    return st.tuples(*(accounts(name) for name in NAMES)).map(
        lambda found: {a.id: a for a in found}
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[Event, ...]:
    """What happened to one enrolment, corrections, stops and returns in any order."""
    joined = draw(moments)
    due = joined.date() + timedelta(days=draw(st.integers(-60, 280)))
    events = [Event(joined, Happened.JOINED)]
    if draw(st.booleans()):
        events.append(
            Event(joined, Happened.BIRTH, due - timedelta(days=draw(st.integers(0, 900))))
        )
    else:
        events.append(Event(joined, Happened.DUE_DATE, due))
    at = joined
    for _ in range(draw(st.integers(0, 5))):
        at += draw(
            st.one_of(
                st.just(timedelta()),
                st.timedeltas(timedelta(), timedelta(days=200)),
                st.integers(0, 200).map(lambda days: timedelta(days=days)),
            )
        )
        what = draw(st.sampled_from([each for each in Happened if each is not Happened.JOINED]))
        day = None
        if what is Happened.DUE_DATE:
            day = due + timedelta(days=draw(st.integers(-40, 40)))
        elif what is Happened.BIRTH:
            day = at.date() - timedelta(days=draw(st.integers(0, 60)))
        events.append(Event(at, what, day))
    return tuple(events)


@st.composite
def subscribers(draw: st.DrawFn, number: int = 1) -> Subscriber:
    """A subscriber of one to three children, who moved between accounts and channels."""
    untils = sorted(draw(st.lists(moments, max_size=2, unique=True)))
    places = [
        (draw(st.sampled_from(NAMES)), draw(st.sampled_from(list(Channel))))
        for _ in range(len(untils) + 1)
    ]
    enrolments = tuple(
        Enrolment(f"e{n}", None, history)
        for n, history in enumerate(draw(st.lists(histories(), min_size=1, max_size=3)), 1)
    )
    account, channel = places[-1]
    earlier = tuple(Earlier(until, *place) for until, place in zip(untils, places, strict=False))
    return Subscriber(f"s-{number}", account, channel, "x", None, enrolments, earlier=earlier)
