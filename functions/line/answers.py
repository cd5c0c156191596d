"""Answers: what the chat says to each wish, as LINE's message objects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from functions.line.conversation import Want, Wish, earliest_birth, expected
from functions.line.messages import Action, buttons, choose_date, open_page, press, text
from functions.line.postback import Postback, Press
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
class Scene:
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


def answer(wish: Wish, scene: Scene) -> Messages:
    """The messages that answer a wish; none where there is nobody to answer."""
    return _ANSWERS[wish.want](wish, scene)


def menu(language: Language) -> dict[str, Action]:
    """The buttons that are offered everywhere, by their name."""
    return {
        "page": press(say("page", language), Postback(Press.PAGE)),
        "birth": press(say("birth", language), Postback(Press.BIRTH)),
        "stop": press(say("stop", language), Postback(Press.STOP)),
    }


def _greeting(wish: Wish, scene: Scene) -> Messages:
    spoken = wish.language
    other = Language.ENGLISH if spoken is Language.JAPANESE else Language.JAPANESE
    terms = link(scene.links.url, scene.account, WEB)
    welcome = scene.say("greeting", spoken, consent=consent_summary(spoken), terms=terms)
    switch = press(say("other_language", spoken), Postback(Press.GREETING, other))
    return [
        text(welcome),
        buttons(say("choose", spoken), _choices(spoken, scene), [switch]),
    ]


def _choices(spoken: Language, scene: Scene) -> list[Action]:
    """The two buttons with which everything begins."""
    today = scene.today
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
            first=earliest_birth(today, scene.settings),
            last=today,
            initial=today,
        ),
    ]


def _birth_day(label: str, spoken: Language, scene: Scene) -> Action:
    return choose_date(
        say(label, spoken),
        Postback(Press.BIRTH_DAY, spoken),
        first=earliest_birth(scene.today, scene.settings),
        last=scene.today,
        initial=scene.today,
    )


def _check(wish: Wish, scene: Scene) -> Messages:
    """The date with its week or age, shown back to whoever joins."""
    child, spoken = _child(wish), wish.language
    due, born = _choices(spoken, scene)
    if child.due_date is not None:
        phrase, right, again = "check_due", Press.JOIN_DUE, due
    else:
        phrase, right, again = "check_born", Press.JOIN_BORN, born
    replies = _replies(child, spoken, right, again, twins=True)
    return [text(_shown(phrase, child, spoken, scene), replies)]


def _check_birth(wish: Wish, scene: Scene) -> Messages:
    """The same for the birth of who was expected."""
    child, spoken = _child(wish), wish.language
    one = scene.subscriber and expected(scene.subscriber)
    alone = bool(scene.subscriber and one and len(changes.together(scene.subscriber, one.id)) == 1)
    again = _birth_day("again", spoken, scene)
    replies = _replies(child, spoken, Press.BIRTH_RIGHT, again, twins=alone)
    return [text(_shown("check_born", child, spoken, scene), replies)]


def _shown(phrase: str, child: Child, spoken: Language, scene: Scene) -> str:
    day = day_in_words(_day(child), spoken)
    return scene.say(phrase, spoken, day=day, age=age_in_words(child, scene.today, spoken))


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


def _joined(wish: Wish, scene: Scene) -> Messages:
    first = _first(_child(wish), wish.language, scene)
    said = scene.say("joined", wish.language, first=first, link=scene.page)
    return [text(said)]


def _born(wish: Wish, scene: Scene) -> Messages:
    first = _first(_child(wish), wish.language, scene)
    said = scene.say("born", wish.language, first=first, link=scene.page)
    return [text(said)]


def _first(child: Child, spoken: Language, scene: Scene) -> str:
    """When the first message comes: today, where the account has not begun to send yet."""
    later = jst_time(scene.now) >= scene.settings.send_at
    day = scene.today + timedelta(days=1 if later else 0)
    phrase = "first_later"
    if child.due_date is not None:
        day = max(day, child.due_date - timedelta(days=TERM_DAYS - FIRST_PREGNANCY_DAY))
        phrase = "first_daily"
    hour = f"{scene.settings.send_at:%H:%M}"
    return scene.say(phrase, spoken, day=day_in_words(day, spoken), hour=hour)


def _which_day(wish: Wish, scene: Scene) -> Messages:
    button = _birth_day("which_day", wish.language, scene)
    return [text(say("ask_day", wish.language), [button])]


def _page(wish: Wish, scene: Scene) -> Messages:
    return [text(scene.say("own_page", wish.language, link=scene.page))]


def _stopped(wish: Wish, _scene: Scene) -> Messages:
    return [text(say("stopped", wish.language))]


def _help(wish: Wish, scene: Scene) -> Messages:
    return [text(scene.say("help", wish.language), _ways(wish.language, scene))]


def _not_understood(wish: Wish, scene: Scene) -> Messages:
    return [text(say("not_understood", wish.language), _ways(wish.language, scene))]


def _not_possible(wish: Wish, scene: Scene) -> Messages:
    replies = _ways(wish.language, scene)
    if scene.subscriber and expected(scene.subscriber):
        replies.insert(0, _birth_day("again", wish.language, scene))
    return [text(say_why(wish.refusal, wish.language), replies)]


def _closed(wish: Wish, scene: Scene) -> Messages:
    return [text(scene.say("closed", wish.language))]


def _ways(spoken: Language, scene: Scene) -> list[Action]:
    """What can be done next: by a subscriber, or by somebody who has not joined."""
    if not scene.active:
        return _choices(spoken, scene)
    ways = menu(spoken)
    return [open_page(say("page", spoken), scene.page), ways["stop"]]


def _child(wish: Wish) -> Child:
    if wish.child is None:
        message = f"{wish.want} needs a date"
        raise ValueError(message)
    return wish.child


def _day(child: Child) -> date:
    day = child.due_date or child.birth_date
    if day is None:
        message = "a child needs a due date or a birth date"
        raise ValueError(message)
    return day


_ANSWERS: dict[Want, Callable[[Wish, Scene], Messages]] = {
    Want.GREETING: _greeting,
    Want.NOTHING: lambda _wish, _scene: [],
    Want.STOP: _stopped,
    Want.PAGE: _page,
    Want.HELP: _help,
    Want.CHECK: _check,
    Want.JOIN: _joined,
    Want.WHICH_DAY: _which_day,
    Want.CHECK_BIRTH: _check_birth,
    Want.BIRTH: _born,
    Want.NOT_POSSIBLE: _not_possible,
    Want.NOT_UNDERSTOOD: _not_understood,
    Want.CLOSED: _closed,
}
