"""Invented subscribers: plausible rows of subscribers.csv, the same for the same seed and day.

Nobody here exists: addresses lie in domains kept for examples, LINE ids are hashes, and phone
numbers are counted up. Ages, shares and delays are round figures, not anybody's statistics.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from cli.files.subscribers import SUBSCRIBER_COLUMNS
from local.sample.families import Child, Families, joined_pregnant
from shared.rules.account import Account, Channel, Delivery, Settings

NICKNAMED, TOUCHPOINT_KNOWN = 0.6, 0.95


TOUCHPOINTS_BEFORE_BIRTH = {
    "boshi-techo": 50,
    "sanfujinka": 20,
    "ryoshin-gakkyu": 14,
    "josanin": 4,
    "koho": 6,
    "yujin": 6,
}
"""How often people come through a touchpoint; touchpoints.csv has their names."""
TOUCHPOINTS_AFTER_BIRTH = {
    "akachan-homon": 45,
    "shussei-todoke": 15,
    "kenshin-4kagetsu": 15,
    "hiroba": 12,
    "shonika": 8,
    "yujin": 5,
}

# fmt: off
BELLY_NAMES = (
    "まめちゃん", "ぽんちゃん", "ちびちゃん", "おもちちゃん", "きらりん", "ぷくちゃん",
    "たまちゃん", "こつぶちゃん", "ころちゃん", "ぽこちゃん", "むーちゃん", "つぶちゃん",
    "ぴよちゃん", "ふくちゃん", "ほしちゃん", "ぐりちゃん",
)
CHILD_NAMES = (
    "はなちゃん", "そらくん", "ゆいちゃん", "みおちゃん", "はるくん", "りくくん", "ことちゃん",
    "ひまちゃん", "あおくん", "いとちゃん", "めいちゃん", "さくちゃん", "れんくん", "ゆづくん",
    "みなとくん", "かえちゃん", "すみれちゃん", "なぎくん", "つむちゃん", "こうちゃん", "けいくん",
    "えまちゃん", "りおちゃん", "たいちゃん", "しおちゃん", "のあちゃん", "あさひくん",
    "うたちゃん", "まひろちゃん", "ひなたくん", "せなくん", "ふうちゃん", "ちひろちゃん",
    "いぶきくん", "みはるちゃん", "かいくん", "ももちゃん", "ゆうちゃん", "そうくん", "わかちゃん",
)
# fmt: on

EMAIL_DOMAINS = ("example.jp", "example.com", "example.org", "example.net")
"""Kept for examples (RFC 2606; JPRS for example.jp): nobody's mail arrives there."""

DESIGNATED_CITIES = frozenset({"100", "130", "140", "150"})
"""The three digits of 政令指定都市 in the municipality code."""

PHONE_PREFIXES = ("+8190", "+8180", "+8170")
FIRST_PHONE = 10_000_000


def subscriber_rows(
    accounts: Sequence[Account],
    *,
    count: int,
    today: date,
    seed: int = 20261123,
    past_days: int | None = None,
) -> Iterator[dict[str, str]]:
    """Rows of `count` invented subscribers (one for each enrolment, so more) as of `today`, 05:00
    JST: whoever an account that sends itself on that day might have.

    With `past_days` also those whose last child graduated within so many days, and histories that
    are plausible over as long: who joined and stopped is spread over the years.

    More subscribers leave the earlier ones as they are. ValueError where no account sends itself.
    """
    return _Inventor(accounts, today, seed, past_days).rows(count)


def write_subscribers_csv(
    path: Path,
    accounts: Sequence[Account],
    *,
    count: int,
    today: date,
    seed: int = 20261123,
    past_days: int | None = None,
) -> int:
    """Write the rows of `count` subscribers to `path` and return how many rows they are; they are
    as `subscriber_rows` has them.
    """
    people = subscriber_rows(accounts, count=count, today=today, seed=seed, past_days=past_days)
    rows = list(people)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, SUBSCRIBER_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


class _Inventor:
    """Invents one family after the other."""

    def __init__(
        self, accounts: Sequence[Account], today: date, seed: int, past_days: int | None
    ) -> None:
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - the same people every time, no secret
        self._families = Families(self._random, today, past_days)
        sending = [
            (account, settings)
            for account in accounts
            if (settings := account.on(today)) and settings.delivery is Delivery.OWN
        ]
        if not sending:
            raise ValueError(f"no account sends messages itself on {today}")
        sending.sort(key=lambda each: _size(each[1]))
        self._towns = [self._families.town(account, settings) for account, settings in sending]
        # One big city, several small towns: half, a third, a quarter … of the largest.
        self._town_weights = [1 / rank for rank in range(1, len(sending) + 1)]

    def rows(self, count: int) -> Iterator[dict[str, str]]:
        """The rows of `count` families."""
        for number in range(1, count + 1):
            yield from self._subscriber(number)

    def _subscriber(self, number: int) -> Iterator[dict[str, str]]:
        """The rows of one subscriber."""
        town = self._families.pick(self._towns, self._town_weights)
        channel = self._families.pick(town.channels, town.channel_weights)
        children = self._families.next(town)
        before_birth = joined_pregnant(children[0])
        touchpoints = TOUCHPOINTS_BEFORE_BIRTH if before_birth else TOUCHPOINTS_AFTER_BIRTH
        touchpoint = self._families.pick(tuple(touchpoints), tuple(touchpoints.values()))
        known = self._random.random() < TOUCHPOINT_KNOWN
        nicknames = self._nicknames(children)
        for n, (child, nickname) in enumerate(zip(children, nicknames, strict=True), 1):
            yield {
                "subscriber": f"s-{number:06d}",
                "account": town.account,
                "channel": channel.value,
                "address": self._address(channel, number),
                "touchpoint": touchpoint if known else "",
                "enrolment": f"e{n}",
                "nickname": nickname,
                "due_date": _written(child.due_date),
                "birth_date": _written(child.birth_date),
                "birth_registered_at": _written(child.birth_registered_at),
                "joined_at": _written(child.joined_at),
                "stopped_at": _written(child.stopped_at),
                "stopped_by": child.stopped_by,
                "returned_at": _written(child.returned_at),
            }

    # What a subscriber is reached at, and what the children are called.

    def _address(self, channel: Channel, number: int) -> str:
        if channel is Channel.EMAIL:
            return f"parent{number:06d}@{EMAIL_DOMAINS[number % len(EMAIL_DOMAINS)]}"
        if channel is Channel.LINE:
            return f"U{sha256(f'{self._seed}/{number}'.encode()).hexdigest()[:32]}"
        return f"{PHONE_PREFIXES[number % len(PHONE_PREFIXES)]}{FIRST_PHONE + number:08d}"

    def _nicknames(self, children: Sequence[Child]) -> list[str]:
        """A nickname for each child, no two the same, or none at all."""
        if self._random.random() >= NICKNAMED:
            return [""] * len(children)
        unborn = self._random.sample(BELLY_NAMES, len(children))
        born = self._random.sample(CHILD_NAMES, len(children))
        return [
            unborn[n] if child.birth_date is None else born[n] for n, child in enumerate(children)
        ]


def _size(settings: Settings) -> tuple[int, str]:
    """How large an account is taken to be, largest first, as its code tells: the designated
    cities, then their wards and Tokyo's, other cities, towns; last those that have no code.
    """
    if settings.code is None:
        return 9, ""
    municipality = settings.code[2:5]
    return (0 if municipality in DESIGNATED_CITIES else int(municipality[0])), settings.code


def _written(value: date | datetime | None) -> str:
    """A DATE, an INSTANT with its offset, or a blank."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return "" if value is None else value.isoformat()
