"""Replies: what the chat says to each intent, as LINE's message objects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from functions.line.chat.intents import Intent, IntentKind, earliest_birth, expected
from functions.line.chat.postback import Postback, Press
from functions.line.messages import Action, buttons, choose_date, open_page, press, text
from functions.line.wording import age_in_words, day_in_words, say, say_why
from shared.letterhead import Letterhead
from shared.rules import changes
from shared.rules.account import Settings
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY, TERM_DAYS
from shared.rules.dates import jst_date, jst_time
from shared.rules.joining import Child
from shared.rules.subscriber import Language, Subscriber
from shared.rules.touchpoint import WEB, link
from shared.subscribers.consent import consent_summary
from shared.subscribers.links import Links

Messages = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """What an answer may speak of: who asked (after what was done), whom, and when."""

    account: str
    settings: Settings
    letterhead: Letterhead
    links: Links
    now: datetime
    subscriber: Subscriber | None = None

    @property
    def today(self) -> date:
        """The day in Tokyo."""
        return jst_date(self.now)

    @property
    def page(self) -> str:
        """The link to their own page."""
        reader = self.subscriber
        return self.links.preferences(reader.id, reader.generation, self.now) if reader else ""

    @property
    def active(self) -> bool:
        """Whether messages come."""
        return bool(self.subscriber and any(map(changes.active, self.subscriber.enrolments)))

    def say(self, phrase: str, language: Language, **parts: str) -> str:
        """A phrase with the names of who speaks."""
        names = {"sender": self.settings.name, "office": self.letterhead.office}
        return say(phrase, language, **names, contact=self.letterhead.contact, **parts)


def reply_to(intent: Intent, context: ReplyContext) -> Messages:
    """The messages that answer a intent; none where there is nobody to answer."""
    return _ANSWERS[intent.kind](intent, context)


def menu(language: Language) -> dict[str, Action]:
    """The buttons that are offered everywhere, by their name."""
    return {
        "page": press(say("page", language), Postback(Press.PAGE)),
        "birth": press(say("birth", language), Postback(Press.BIRTH)),
        "stop": press(say("stop", language), Postback(Press.STOP)),
    }


def _greeting(intent: Intent, context: ReplyContext) -> Messages:
    spoken = intent.language
    other = Language.ENGLISH if spoken is Language.JAPANESE else Language.JAPANESE
    terms = link(context.links.url, context.account, WEB)
    welcome = context.say("greeting", spoken, consent=consent_summary(spoken), terms=terms)
    switch = press(say("other_language", spoken), Postback(Press.GREETING, other))
    return [
        text(welcome),
        buttons(say("choose", spoken), _choices(spoken, context), [switch]),
    ]


def _choices(spoken: Language, context: ReplyContext) -> list[Action]:
    """The two buttons with which everything begins."""
    today = context.today
    return [
        choose_date(
            say("pregnant", spoken),
            Postback(Press.DUE_DATE, spoken),
            first=today - timedelta(days=LAST_PREGNANCY_DAY - TERM_DAYS),
            last=today + timedelta(days=TERM_DAYS),
            initial=today + timedelta(days=TERM_DAYS // 2),
        ),
        choose_date(
            say("with_child", spoken),
            Postback(Press.BIRTH_DATE, spoken),
            first=earliest_birth(today, context.settings),
            last=today,
            initial=today,
        ),
    ]


def _birth_day(label: str, spoken: Language, context: ReplyContext) -> Action:
    return choose_date(
        say(label, spoken),
        Postback(Press.BIRTH_DAY, spoken),
        first=earliest_birth(context.today, context.settings),
        last=context.today,
        initial=context.today,
    )


def _check(intent: Intent, context: ReplyContext) -> Messages:
    """The date with its week or age, shown back to whoever joins."""
    child, spoken = _child(intent), intent.language
    due, born = _choices(spoken, context)
    if child.due_date is not None:
        phrase, right, again = "check_due", Press.JOIN_DUE, due
    else:
        phrase, right, again = "check_born", Press.JOIN_BORN, born
    replies = _replies(child, spoken, right, again, twins=True)
    return [text(_shown(phrase, child, spoken, context), replies)]


def _check_birth(intent: Intent, context: ReplyContext) -> Messages:
    """The same for the birth of who was expected."""
    child, spoken = _child(intent), intent.language
    one = context.subscriber and expected(context.subscriber)
    alone = bool(
        context.subscriber and one and len(changes.together(context.subscriber, one.id)) == 1
    )
    again = _birth_day("again", spoken, context)
    replies = _replies(child, spoken, Press.BIRTH_RIGHT, again, twins=alone)
    return [text(_shown("check_born", child, spoken, context), replies)]


def _shown(phrase: str, child: Child, spoken: Language, context: ReplyContext) -> str:
    day = day_in_words(_day(child), spoken)
    return context.say(phrase, spoken, day=day, age=age_in_words(child, context.today, spoken))


def _replies(
    child: Child, spoken: Language, right: Press, again: Action, *, twins: bool
) -> list[Action]:
    day = _day(child)
    found = [
        press(say("right", spoken), Postback(right, spoken, day)),
        {**again, "label": say("again", spoken), "initial": day.isoformat()},
    ]
    if twins:
        found.append(press(say("twins", spoken), Postback(right, spoken, day, twins=True)))
    return found


def _joined(intent: Intent, context: ReplyContext) -> Messages:
    first = _first(_child(intent), intent.language, context)
    said = context.say("joined", intent.language, first=first, link=context.page)
    return [text(said)]


def _born(intent: Intent, context: ReplyContext) -> Messages:
    first = _first(_child(intent), intent.language, context)
    said = context.say("born", intent.language, first=first, link=context.page)
    return [text(said)]


def _first(child: Child, spoken: Language, context: ReplyContext) -> str:
    """When the first message comes: today, where the account has not begun to send yet."""
    later = jst_time(context.now) >= context.settings.send_at
    day = context.today + timedelta(days=1 if later else 0)
    phrase = "first_later"
    if child.due_date is not None:
        day = max(day, child.due_date - timedelta(days=TERM_DAYS - FIRST_PREGNANCY_DAY))
        phrase = "first_daily"
    hour = f"{context.settings.send_at:%H:%M}"
    return context.say(phrase, spoken, day=day_in_words(day, spoken), hour=hour)


def _which_day(intent: Intent, context: ReplyContext) -> Messages:
    button = _birth_day("which_day", intent.language, context)
    return [text(say("ask_day", intent.language), [button])]


def _page(intent: Intent, context: ReplyContext) -> Messages:
    return [text(context.say("own_page", intent.language, link=context.page))]


def _stopped(intent: Intent, _context: ReplyContext) -> Messages:
    return [text(say("stopped", intent.language))]


def _help(intent: Intent, context: ReplyContext) -> Messages:
    return [text(context.say("help", intent.language), _ways(intent.language, context))]


def _not_understood(intent: Intent, context: ReplyContext) -> Messages:
    return [text(say("not_understood", intent.language), _ways(intent.language, context))]


def _not_possible(intent: Intent, context: ReplyContext) -> Messages:
    replies = _ways(intent.language, context)
    if context.subscriber and expected(context.subscriber):
        replies.insert(0, _birth_day("again", intent.language, context))
    return [text(say_why(intent.refusal, intent.language), replies)]


def _closed(intent: Intent, context: ReplyContext) -> Messages:
    return [text(context.say("closed", intent.language))]


def _ways(spoken: Language, context: ReplyContext) -> list[Action]:
    """What can be done next: by a subscriber, or by somebody who has not joined."""
    if not context.active:
        return _choices(spoken, context)
    ways = menu(spoken)
    return [open_page(say("page", spoken), context.page), ways["stop"]]


def _child(intent: Intent) -> Child:
    if intent.child is None:
        message = f"{intent.kind} needs a date"
        raise ValueError(message)
    return intent.child


def _day(child: Child) -> date:
    day = child.due_date or child.birth_date
    if day is None:
        message = "a child needs a due date or a birth date"
        raise ValueError(message)
    return day


_ANSWERS: dict[IntentKind, Callable[[Intent, ReplyContext], Messages]] = {
    IntentKind.GREETING: _greeting,
    IntentKind.NOTHING: lambda _wish, _context: [],
    IntentKind.STOP: _stopped,
    IntentKind.PAGE: _page,
    IntentKind.HELP: _help,
    IntentKind.CHECK: _check,
    IntentKind.JOIN: _joined,
    IntentKind.WHICH_DAY: _which_day,
    IntentKind.CHECK_BIRTH: _check_birth,
    IntentKind.BIRTH: _born,
    IntentKind.NOT_POSSIBLE: _not_possible,
    IntentKind.NOT_UNDERSTOOD: _not_understood,
    IntentKind.CLOSED: _closed,
}
