"""Subscriber: one person on one address, the children that person follows, and today's letters."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from shared.rules.account import Channel, Settings
from shared.rules.dates import jst_date
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Event, Standing, Status, standing_at
from shared.rules.message import Due, Schedule, due_message, stage_on
from shared.rules.stage import Phase, Reason, Stage

TWINS_APART = timedelta(days=3)
"""Children of one pregnancy who were born so near each other share their messages, on the days of
the elder: to read the same twice on two days helps nobody. Each keeps its own age and last day.
"""

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Language(StrEnum):
    """The languages of pages and of what stands around a message; the texts are Japanese."""

    JAPANESE = "ja"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a subscriber agreed to: which version of the text, when, in which language, and where
    it was shown (`web`, `line_chat`, `line_login`).
    """

    at: datetime
    version: str
    language: Language
    source: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One pregnancy or child that a subscriber follows, with what happened to it.

    `family` is the same for subscribers who were invited to follow the same pregnancy or child.
    """

    id: str
    nickname: str | None
    history: tuple[Event, ...]
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """Where a subscriber was before: this account, on this channel, until `until` (excluded)."""

    until: datetime
    account: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One person on one channel address of one account; `version` counts the writes.

    `generation` counts the addresses up: links carry that of the address they were sent to, and
    those of an earlier one open nothing. `earlier` says where the person was before a move to
    another account or channel, the oldest first. `failed_on` are the days on which messages could
    not be delivered, since the last that was. An erased person has no address, only the anonymous
    history. `loaded_version` is the version that a file wrote whole: where it is still that,
    nothing has happened to the record since. `sent_elsewhere_on` is the day on which the system
    that they came from had sent them their message.
    """

    id: str
    account: str
    channel: Channel
    address: str
    touchpoint: str | None
    enrolments: tuple[Enrolment, ...]
    version: int = 0
    earlier: tuple[Earlier, ...] = ()
    language: Language = Language.JAPANESE
    consents: tuple[Consent, ...] = ()
    failed_on: tuple[date, ...] = ()
    generation: int = 0
    loaded_version: int = 0
    sent_elsewhere_on: date | None = None

    def places(self, known: datetime) -> list[tuple[datetime, str, Channel]]:
        """Since when the person was where, the oldest first, as it is known at `known`."""
        since = [_BEGINNING, *(each.until for each in self.earlier)]
        where = [*((each.account, each.channel) for each in self.earlier)]
        where.append((self.account, self.channel))
        return [
            (begins, *place) for begins, place in zip(since, where, strict=True) if begins <= known
        ]

    def where(self, at: datetime) -> tuple[str, Channel]:
        """The account and the channel at an instant."""
        _, account, channel = self.places(at)[-1]
        return account, channel

    @property
    def erased(self) -> bool:
        """Whether the person was erased; what is left tells of nobody."""
        return not self.address


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that a subscriber is to get: one, also where it is about several (twins).

    `child` is what the parent calls the child (twins joined), or None; `about` says which child
    the letter is about, where the subscriber follows several of different ages.
    """

    subscriber: str
    enrolments: tuple[str, ...]
    due: Due
    child: str | None
    about: str | None
    language: Language = Language.JAPANESE
    """Of what stands around the text."""
    generation: int = 0
    """Of the subscriber's address: its links carry it."""
    enclosure: bool = False
    """Whether it carries what goes to everybody that day, or is nothing but that."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a subscriber gets, and why nothing comes for the enrolments that no letter names."""

    letters: tuple[Letter, ...]
    silent: dict[str, Reason]


def decide(
    subscriber: Subscriber,
    enrolments: Iterable[str],
    now: datetime,
    *,
    settings: Settings,
    schedule: Schedule,
    enclosure: Schedule | None = None,
) -> Decision:
    """Decide for each of `enrolments` (ids) at the instant `now`: a letter, or one reason.

    At most one message per child and day; twins share one; siblings of different ages get each
    their own, which then says whom it is about. What is enclosed comes once to everybody who is on
    a day of `enclosure`: with the first letter, or by itself where the schedule has none for them.
    """
    if enclosure is not None:
        return _with_enclosure(
            subscriber,
            set(enrolments),
            now,
            settings=settings,
            schedule=schedule,
            enclosure=enclosure,
        )
    asked, today = set(enrolments), jst_date(now)
    standings = {e.id: standing_at(e.history, now) for e in subscriber.enrolments}
    if len(standings) > 1:
        standings = _twins_as_one(standings)
    dues: dict[str, Due] = {}
    silent: dict[str, Reason] = dict.fromkeys(asked - standings.keys(), Reason.NOT_JOINED)
    for enrolment in subscriber.enrolments:
        if enrolment.id not in asked:
            continue
        due = due_message(
            standings[enrolment.id],
            today,
            settings=settings,
            channel=subscriber.channel,
            schedule=schedule,
        )
        if isinstance(due, Reason):
            silent[enrolment.id] = due
        elif subscriber.sent_elsewhere_on == today:
            silent[enrolment.id] = Reason.ALREADY_SENT_TODAY
        else:
            dues[enrolment.id] = due

    end = settings.end_of_delivery
    several = len(standings) > 1 and _follows_several(standings.values(), today, end)
    letters = []
    for due, group in _by_due(subscriber.enrolments, dues).items():
        child = _names(group)
        about = _about(child, stage_on(standings[group[0].id], today, end)) if several else None
        letters.append(
            Letter(
                subscriber=subscriber.id,
                enrolments=tuple(e.id for e in group),
                due=due,
                child=child,
                about=about,
                language=subscriber.language,
                generation=subscriber.generation,
            )
        )
    return Decision(tuple(letters), silent)


def _twins_as_one(standings: Mapping[str, Standing]) -> dict[str, Standing]:
    """The standings, where a twin who was born on a later day goes by the day of the elder, as long
    as that one is followed.
    """
    found = dict(standings)
    for name, one in standings.items():
        elders = [
            other.birth_date
            for other in standings.values()
            if _is_elder_twin(other, one) and other.status is Status.ACTIVE
        ]
        if elders:
            found[name] = replace(one, birth_date=min(each for each in elders if each))
    return found


def _is_elder_twin(one: Standing, other: Standing) -> bool:
    if one.birth_date is None or other.birth_date is None or one.due_date is None:
        return False
    apart = other.birth_date - one.birth_date
    return one.due_date == other.due_date and timedelta(0) < apart <= TWINS_APART


def _with_enclosure(
    subscriber: Subscriber,
    asked: Collection[str],
    now: datetime,
    *,
    settings: Settings,
    schedule: Schedule,
    enclosure: Schedule,
) -> Decision:
    """Decided for the whole family, so that whoever is asked about alone is told the same."""
    family = {*asked, *(each.id for each in subscriber.enrolments)}
    usual = decide(subscriber, family, now, settings=settings, schedule=schedule)
    whole = usual
    if not usual.letters and subscriber.sent_elsewhere_on != jst_date(now):
        whole = decide(subscriber, family, now, settings=settings, schedule=enclosure)
    letters = tuple(
        replace(letter, enrolments=about, enclosure=number == 0)
        for number, letter in enumerate(whole.letters if usual.letters else whole.letters[:1])
        if (about := tuple(each for each in letter.enrolments if each in asked))
    )
    told = {each for letter in letters for each in letter.enrolments}
    silent = {each: usual.silent[each] for each in asked if each not in told}
    return Decision(letters, silent)


def _by_due(enrolments: Iterable[Enrolment], dues: dict[str, Due]) -> dict[Due, list[Enrolment]]:
    """The enrolments that have a message, those with the same one together."""
    groups: dict[Due, list[Enrolment]] = defaultdict(list)
    for enrolment in enrolments:
        if enrolment.id in dues:
            groups[dues[enrolment.id]].append(enrolment)
    return groups


def _follows_several(standings: Iterable[Standing], today: date, end: EndOfDelivery) -> bool:
    """Whether children of different ages are followed now, so that a letter must say whose."""
    followed = {
        (standing.birth_date is None, standing.base_date)
        for standing in standings
        if standing.status is Status.ACTIVE and stage_on(standing, today, end).open
    }
    return len(followed) > 1


def _about(child: str | None, stage: Stage) -> str:
    """Whom a letter is about: the nickname, or the age where the parent gave none."""
    if child:
        return f"{child}のこと"
    if stage.phase is Phase.PREGNANCY:
        return "おなかの赤ちゃんのこと"
    years, _, rest = stage.label.partition("y")
    months = rest.partition("m")[0]
    if years != "0":
        return f"{years}歳のお子さんのこと"
    if months != "0":
        return f"{months}か月のお子さんのこと"
    return "生まれて間もないお子さんのこと"


def _names(group: Iterable[Enrolment]) -> str | None:
    """What the parent calls the child, or both twins; None where one of them has no name."""
    names = [each.nickname for each in group]
    return "と".join(name for name in names if name) if all(names) else None
