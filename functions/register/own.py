"""The own page: whom a signed link lets in, and what they follow."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from functions.register.resources import Resources
from functions.register.wording import age_words, week_words
from shared.rules import changes
from shared.rules.account import Settings
from shared.rules.age import FIRST_PREGNANCY_DAY, TERM_DAYS
from shared.rules.dates import jst_date
from shared.rules.ending import EndOfDelivery
from shared.rules.history import Standing, Status
from shared.rules.message import stage_on
from shared.rules.stage import Reason
from shared.rules.subscriber import Enrolment, Language, Subscriber
from shared.subscribers.links import BadLinkError, Holder


class OldLinkError(Exception):
    """The link was ours, but has run out; `account` is where a fresh one is asked for."""

    def __init__(self, account: str, language: Language) -> None:
        super().__init__()
        self.account, self.language = account, language


@dataclass(frozen=True, slots=True)
class Group:
    """A pregnancy or child that is followed, or twins, as they stand on a day."""

    enrolments: tuple[Enrolment, ...]
    standing: Standing
    reason: Reason | None
    """Why there is silence, or None."""
    stage: str
    """The week or age in words."""

    @property
    def id(self) -> str:
        """The id by which its pages know it."""
        return self.enrolments[0].id

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its enrolments."""
        return frozenset(each.id for each in self.enrolments)

    @property
    def born(self) -> bool:
        """Whether a birth was registered."""
        return self.standing.birth_date is not None

    @property
    def active(self) -> bool:
        """Whether messages about it are wanted."""
        return self.standing.status is Status.ACTIVE

    @property
    def twins(self) -> bool:
        """Whether they are more than one."""
        return len(self.enrolments) > 1

    @property
    def linked(self) -> bool:
        """Whether others may follow the same by an invitation."""
        return any(each.family for each in self.enrolments)

    @property
    def names(self) -> tuple[str, ...]:
        """The nicknames, where there are any."""
        return tuple(each.nickname for each in self.enrolments if each.nickname)

    @property
    def joined(self) -> date:
        """The day on which it was registered."""
        return jst_date(min(each.at for each in self.enrolments[0].history))

    @property
    def first_day(self) -> date:
        """The first day with a message of a pregnancy."""
        if self.standing.due_date is None:
            raise ValueError("a pregnancy has a due date")
        return self.standing.due_date - timedelta(days=TERM_DAYS - FIRST_PREGNANCY_DAY)

    @property
    def early(self) -> bool:
        """Whether it was born before a known due date, so that the corrected age makes sense."""
        due, birth = self.standing.due_date, self.standing.birth_date
        return due is not None and birth is not None and birth < due


@dataclass(frozen=True, slots=True)
class Own:
    """Whose page it is, and where they are; `path` is where the page is."""

    subscriber: Subscriber
    settings: Settings
    path: str
    at: datetime

    @property
    def today(self) -> date:
        """The day in Tokyo."""
        return jst_date(self.at)

    @property
    def language(self) -> Language:
        """The language of the subscriber."""
        return self.subscriber.language

    def groups(self) -> tuple[Group, ...]:
        """What they follow or followed, twins together, in the order in which it was added."""
        found: list[Group] = []
        for each in self.subscriber.enrolments:
            if any(each.id in group.ids for group in found):
                continue
            found.append(self._group(changes.together(self.subscriber, each.id)))
        return tuple(found)

    def group(self, enrolment: str) -> Group:
        """What an enrolment belongs to; BadLinkError where there is none of that id."""
        for each in self.groups():
            if enrolment in each.ids:
                return each
        raise BadLinkError

    def _group(self, enrolments: tuple[Enrolment, ...]) -> Group:
        standing = changes.standing(enrolments[0])
        return Group(
            enrolments,
            standing,
            _silence(standing, self.today, self.settings.end_of_delivery),
            _stage(standing, self.today, self.language),
        )


def let_in(resources: Resources, token: str, at: datetime) -> Own:
    """Whom the link belongs to. OldLinkError where it has run out; BadLinkError where it is none of
    ours, was sent to another address than they have now, or they were erased.
    """
    holder = resources.links.read_preferences(token)
    own = found(resources, holder, f"/me/{token}", at)
    if own is None:
        raise BadLinkError
    if holder.over(at):
        raise OldLinkError(own.subscriber.account, own.language)
    return own


def found(resources: Resources, holder: Holder, path: str, at: datetime) -> Own | None:
    """Whose link it is, also where it has run out; None where it was sent to another address than
    they have now, or there is nobody any more.
    """
    subscriber = resources.store.subscribers.get(holder.subscriber)
    if subscriber is None or subscriber.generation != holder.generation:
        return None
    account = resources.store.accounts.get(subscriber.account)
    settings = account.on(jst_date(at)) if account else None
    return Own(subscriber, settings, path, at) if settings else None


def _silence(standing: Standing, today: date, end: EndOfDelivery) -> Reason | None:
    if standing.status is not Status.ACTIVE:
        return Reason.SUSPENDED if standing.status is Status.SUSPENDED else Reason.STOPPED
    return stage_on(standing, today, end).reason


def _stage(standing: Standing, today: date, language: Language) -> str:
    if standing.birth_date is not None:
        return age_words(standing.birth_date, today, language)
    if standing.due_date is None:
        return ""
    return week_words(standing.due_date, today, language)
