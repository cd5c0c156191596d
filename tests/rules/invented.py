"""Invented accounts, histories and people that the tests of the rules share."""

from datetime import date, datetime, time

from shared.rules.account import AccountKind, Channel, Delivery, Settings
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened
from shared.rules.stage import Phase
from shared.rules.subscriber import Enrolment, Subscriber

BUNKYO = Settings(
    valid_from=date(2019, 4, 1),
    name="文京区",
    code="131059",
    kind=AccountKind.MUNICIPALITY,
    delivery=Delivery.OWN,
    channels=frozenset(Channel),
    send_at=time(9),
    quiet_from=time(21),
    quiet_to=time(6),
    end_of_delivery=DEFAULT_END,
)

EVERY_DAY = frozenset(
    {(Phase.PREGNANCY, day) for day in range(28, 294)}
    | {(Phase.CHILDCARE, day) for day in range(6940)}
)


def jst(text: str) -> datetime:
    """`2026-11-23 10:00` on a Tokyo clock."""
    return datetime.fromisoformat(f"{text}+09:00")


def joined(
    *, due: date | None = None, born: date | None = None, at: datetime | None = None
) -> tuple[Event, ...]:
    """The history of one who joined long ago with the dates given."""
    at = at or jst("2010-01-01 10:00")
    dates = [(Happened.DUE_DATE, due), (Happened.BIRTH, born)]
    return (
        Event(at, Happened.JOINED),
        *(Event(at, what, day) for what, day in dates if day is not None),
    )


def parent(*enrolments: Enrolment, channel: Channel = Channel.LINE) -> Subscriber:
    """A subscriber of one account who follows these children."""
    return Subscriber("s-1", "bunkyo", channel, "U0", "母子手帳交付", enrolments)
