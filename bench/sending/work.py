"""The work: so many readers, a third each by email, LINE and SMS, spread over 50 texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.rules.account import Account, AccountKind, Channel, Delivery, Settings
from shared.rules.age import due_date_of
from shared.rules.dates import JST
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.subscriber import Enrolment, Subscriber
from shared.rules.text import Text

TODAY = date(2026, 11, 25)
JOINED = datetime(2026, 10, 1, 12, tzinfo=JST)
NINE, TEN = (datetime(2026, 11, 25, hour, tzinfo=JST) for hour in (9, 10))
"""When the account sends that warms the process up, and when the one that is measured does."""

TEXTS = 50
DAYS = range(150, 150 + TEXTS)
"""The days of pregnancy on which the readers are."""

MEASURED, WARM = "bench", "warm"


@dataclass(frozen=True, slots=True)
class Reader:
    """One recipient: the address, and the day whose text is due."""

    number: int
    channel: Channel
    day: int

    @property
    def address(self) -> str:
        """An address of the channel."""
        match self.channel:
            case Channel.EMAIL:
                return f"reader{self.number}@example.jp"
            case Channel.LINE:
                return f"U{self.number:032x}"
            case Channel.SMS:
                return f"+8190{self.number:08d}"


def readers(recipients: int, channels: tuple[Channel, ...], first: int = 0) -> list[Reader]:
    """So many readers, spread evenly over the channels and the texts."""
    return [
        Reader(first + n, channels[n % len(channels)], DAYS[n // len(channels) % TEXTS])
        for n in range(recipients)
    ]


def catalogue() -> dict[Due, Text]:
    """A text of common length for each day."""
    return {
        Due(Phase.PREGNANCY, day): Text(
            f"見本 {day}日目のお便り",
            f"{day}日目です。"
            + "からだの調子はいかがですか。無理をせず、休みながらお過ごしください。" * 6,
            f"{day}日目のお便りです。からだを休めてお過ごしくださいね。",
        )
        for day in DAYS
    }


def account(name: str, send_at: time, channels: Iterable[Channel]) -> Account:
    """An account that sends on these channels from a time on."""
    settings = Settings(
        valid_from=date(2019, 4, 1),
        name="見本市",
        code=None,
        kind=AccountKind.OTHER,
        delivery=Delivery.OWN,
        channels=frozenset(channels),
        send_at=send_at,
        quiet_from=time(21),
        quiet_to=time(6),
        end_of_delivery=DEFAULT_END,
    )
    return Account(name, (settings,))


def subscriber(reader: Reader, account_id: str) -> Subscriber:
    """The record of a reader."""
    due_date = due_date_of(TODAY, reader.day)
    history = (Event(JOINED, Happened.JOINED), Event(JOINED, Happened.DUE_DATE, due_date))
    enrolment = Enrolment("e1", None, history)
    name = f"{account_id}{reader.number}"
    return Subscriber(name, account_id, reader.channel, reader.address, None, (enrolment,))


def tick_of(account_id: str) -> datetime:
    """The tick at which the run of an account is opened."""
    return (NINE if account_id == WARM else TEN) + timedelta(seconds=1)
