"""Intents: what somebody wants who did something in the chat, decided without looking around.

What is not understood changes nothing. A stop, by word, button or block, always counts.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from functions.line.chat.event import ChatEvent, Kind
from functions.line.chat.postback import Postback, Press
from shared.rules import changes
from shared.rules.account import Channel, Delivery, Settings
from shared.rules.changes import Refusal, RefusedError
from shared.rules.dates import jst_date
from shared.rules.history import Happened
from shared.rules.joining import Child
from shared.rules.subscriber import Enrolment, Language, Subscriber
from shared.store.line_events import StartOrStop


class IntentKind(StrEnum):
    """What somebody wants: a closed set, which is acted on and put into words."""

    GREETING = "greeting"
    NOTHING = "nothing"
    """There is nobody to answer."""
    STOP = "stop"
    PAGE = "page"
    HELP = "help"
    CHECK = "check"
    """To see a chosen date with its week or age, before anything is stored."""
    JOIN = "join"
    WHICH_DAY = "which_day"
    """To say on which day a child was born."""
    CHECK_BIRTH = "check_birth"
    BIRTH = "birth"
    NOT_POSSIBLE = "not_possible"
    """A date for which there is nothing to send: `refusal` says why."""
    NOT_UNDERSTOOD = "not_understood"
    """A button that is none of ours, or that does not fit any more."""
    CLOSED = "closed"
    """To join where the account does not offer LINE."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants, in which language they are answered; `child` is whom it is about."""

    kind: IntentKind
    language: Language = Language.JAPANESE
    child: Child | None = None
    twins: bool = False
    refusal: Refusal | None = None


_STARTS_AND_STOPS = frozenset({IntentKind.STOP, IntentKind.JOIN})
_POLITE = (
    "(する|して|してください|して下さい|したい|したいです|をお願いします|をおねがいします|お願いします|"
    "おねがいします|る|て|てください|て下さい|たい|たいです|ます)?"
)
_WORDS = {
    IntentKind.STOP: re.compile(
        r"(全て|すべて)?(の)?(配信|メッセージ|登録)?(を|の)?"
        r"(停止|中止|解除|退会|とめ|止め|やめ|stop|unsubscribe|cancel)" + _POLITE
    ),
    IntentKind.PAGE: re.compile(
        r"(登録)?(内容|情報)?(を|の)?(確認|変更|確認・変更|変更・確認|設定)"
        + _POLITE
        + r"|登録内容|登録情報|マイページ|change|settings|preferences"
    ),
    IntentKind.WHICH_DAY: re.compile(
        r"(無事)?(に)?(出産|誕生|生まれ|うまれ|産まれ)(の登録|登録|した|しました|た|ました)?(よ)?|birth|born"
    ),
    IntentKind.GREETING: re.compile(r"登録" + _POLITE + r"|はじめる|始める|join|start|english"),
}
"""What is written to us, by what it means, without spaces and punctuation."""

_SPACES = re.compile(r"[\s。、．，.,!！?？…~〜ー]+$|\s+")


def intent_of(
    event: ChatEvent, subscriber: Subscriber | None, settings: Settings, now: datetime
) -> Intent:
    """What the person wants, given the record at their address, if there is one."""
    match event.kind:
        case Kind.FOLLOW:
            intent = Intent(IntentKind.GREETING)
        case Kind.UNFOLLOW:
            return Intent(IntentKind.STOP)
        case Kind.MESSAGE:
            intent = _written(event.text)
        case Kind.POSTBACK:
            intent = _pressed(event, settings, jst_date(now))
    if subscriber is not None:
        intent = replace(intent, language=subscriber.language)
    return _fitting(intent, subscriber, settings)


def overtaken(
    event: ChatEvent, kind: IntentKind, subscriber: Subscriber | None, latest: StartOrStop | None
) -> bool:
    """Whether somebody who stops (or joins) has since done the opposite: events come in any order.

    What was done in the chat is ordered by LINE's time of it. What was done elsewhere is on record
    at the time at which it was done. `latest` is the last in the chat.
    """
    if kind not in _STARTS_AND_STOPS:
        return False
    if latest is not None and event.at < latest.at:
        return True
    # The record dates what was done in the chat by when it became known, which is later.
    since = event.at if latest is None else max(event.at, latest.known)
    opposite = (
        {Happened.JOINED, Happened.RETURNED}
        if kind is IntentKind.STOP
        else {Happened.STOPPED_BY_SUBSCRIBER}
    )
    return any(
        each.what in opposite and each.at > since
        for enrolment in (subscriber.enrolments if subscriber else ())
        for each in enrolment.history
    )


def expected(subscriber: Subscriber) -> Enrolment | None:
    """The one pregnancy whose birth can be registered (twins are one), or None where there is
    none, or more than one.
    """
    going_on = [
        each
        for each in subscriber.enrolments
        if changes.active(each) and changes.standing(each).birth_date is None
    ]
    if not going_on or len(changes.together(subscriber, going_on[0].id)) < len(going_on):
        return None
    return going_on[0]


def earliest_birth(today: date, settings: Settings) -> date:
    """The earliest birth date of a child to whom the account still writes."""
    end = settings.end_of_delivery
    earliest = date.fromordinal(today.toordinal() - end.longest_days)
    while end.last_day(earliest) < today:
        earliest = date.fromordinal(earliest.toordinal() + 1)
    return earliest


def _written(text: str) -> Intent:
    said = _SPACES.sub("", unicodedata.normalize("NFKC", text).strip().casefold())
    for want, words in _WORDS.items():
        if words.fullmatch(said):
            english = said.isascii()
            return Intent(want, Language.ENGLISH if english else Language.JAPANESE)
    return Intent(IntentKind.HELP)


_PRESSED = {
    Press.GREETING: IntentKind.GREETING,
    Press.PAGE: IntentKind.PAGE,
    Press.STOP: IntentKind.STOP,
    Press.BIRTH: IntentKind.WHICH_DAY,
    Press.DUE_DATE: IntentKind.CHECK,
    Press.BIRTH_DATE: IntentKind.CHECK,
    Press.JOIN_DUE: IntentKind.JOIN,
    Press.JOIN_BORN: IntentKind.JOIN,
    Press.BIRTH_DAY: IntentKind.CHECK_BIRTH,
    Press.BIRTH_RIGHT: IntentKind.BIRTH,
}
_DUE = frozenset({Press.DUE_DATE, Press.JOIN_DUE})
_CHOSEN = frozenset({Press.DUE_DATE, Press.BIRTH_DATE, Press.BIRTH_DAY})
_ABOUT_A_DAY = _CHOSEN | {Press.JOIN_DUE, Press.JOIN_BORN, Press.BIRTH_RIGHT}


def _pressed(event: ChatEvent, settings: Settings, today: date) -> Intent:
    says = Postback.parse(event.data)
    if says is None:
        return Intent(IntentKind.NOT_UNDERSTOOD)
    language = says.language or Language.JAPANESE
    intent = Intent(_PRESSED[says.press], language, twins=says.twins)
    if says.press not in _ABOUT_A_DAY:
        return intent
    day = event.day if says.press in _CHOSEN else says.day
    if day is None:
        return replace(intent, kind=IntentKind.NOT_UNDERSTOOD)
    child = Child(due_date=day) if says.press in _DUE else Child(birth_date=day)
    try:
        child.check(today, settings.end_of_delivery)
    except RefusedError as error:
        return replace(intent, kind=IntentKind.NOT_POSSIBLE, child=child, refusal=error.refusal)
    return replace(intent, child=child)


_OF_SUBSCRIBERS = frozenset({IntentKind.PAGE, IntentKind.WHICH_DAY, IntentKind.HELP})
_TO_JOIN = frozenset({IntentKind.GREETING, IntentKind.CHECK, IntentKind.JOIN})
_OF_BIRTH = frozenset({IntentKind.WHICH_DAY, IntentKind.CHECK_BIRTH, IntentKind.BIRTH})


def _fitting(intent: Intent, subscriber: Subscriber | None, settings: Settings) -> Intent:
    """What it comes to for this person: strangers are greeted, and a birth is registered in the
    chat only where it is clear whose.
    """
    known = subscriber is not None and any(map(changes.active, subscriber.enrolments))
    if (
        intent.kind in _OF_SUBSCRIBERS
        and not known
        and not (intent.kind is IntentKind.PAGE and subscriber)
    ):
        intent = replace(intent, kind=IntentKind.GREETING)
    if intent.kind in _TO_JOIN and not offered(settings):
        return replace(intent, kind=IntentKind.CLOSED)
    if intent.kind in _OF_BIRTH and (subscriber is None or expected(subscriber) is None):
        return replace(intent, kind=IntentKind.PAGE if subscriber else IntentKind.GREETING)
    return intent


def offered(settings: Settings) -> bool:
    """Whether the account sends by LINE, through this platform."""
    return settings.delivery is Delivery.OWN and Channel.LINE in settings.channels
