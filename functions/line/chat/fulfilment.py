"""Fulfilment: does what somebody intends in the chat, and says what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from functions.line.chat.event import ChatEvent, Kind
from functions.line.chat.intents import Intent, IntentKind, expected, overtaken
from shared.rules import changes
from shared.rules.account import Channel, Settings
from shared.rules.changes import Refusal, RefusedError
from shared.rules.dates import jst_date
from shared.rules.joining import Application
from shared.rules.subscriber import Subscriber
from shared.rules.touchpoint import LINE, Step
from shared.store.line_events import StartOrStop
from shared.store.store import Store
from shared.subscribers import actions, consent, joining

CONSENT_SOURCE = "line_chat"


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Who did what in whose chat, and the record at their address as it was found."""

    account: str
    settings: Settings
    event: ChatEvent
    subscriber: Subscriber | None
    now: datetime


Done = tuple[Intent, Subscriber | None]
"""The intent that is to be answered, and how the subscriber's record is then."""


def fulfil(store: Store, found: ChatRequest, intent: Intent) -> Done:
    """Do what is intended, where it changes anything, and say what came of it."""
    done, subscriber = _done(store, found, intent)
    step = _STEPS.get((found.event.kind, done.kind))
    if step:
        store.touchpoints.count(found.account, LINE, step, jst_date(found.now))
    return done, subscriber


def _done(store: Store, found: ChatRequest, intent: Intent) -> Done:
    if intent.kind not in _ACTIONS:
        return intent, found.subscriber
    if intent.kind is not IntentKind.BIRTH and not _its_turn(store, found, intent):
        late = IntentKind.NOTHING if intent.kind is IntentKind.STOP else IntentKind.NOT_UNDERSTOOD
        return replace(intent, kind=late), found.subscriber
    try:
        return _ACTIONS[intent.kind](store, found, intent)
    except RefusedError as error:
        return replace(
            intent, kind=IntentKind.NOT_POSSIBLE, refusal=error.refusal
        ), found.subscriber


def _its_turn(store: Store, found: ChatRequest, intent: Intent) -> bool:
    """Whether nothing that happened later stands against it; if so, it is the latest now."""
    latest = store.line_starts.latest(found.account, found.event.user)
    if overtaken(found.event, intent.kind, found.subscriber, latest):
        return False
    return store.line_starts.take(
        found.account, found.event.user, StartOrStop(found.event.at, found.now)
    )


def _stopped(store: Store, found: ChatRequest, intent: Intent) -> Done:
    subscriber = found.subscriber and actions.stop(store, found.subscriber.id, found.now)
    blocked = found.event.kind is Kind.UNFOLLOW
    return (replace(intent, kind=IntentKind.NOTHING) if blocked else intent), subscriber


def _joined(store: Store, found: ChatRequest, intent: Intent) -> Done:
    if intent.child is None:
        raise RefusedError(Refusal.NO_SUCH_CHILD)
    asked = Application(
        account=found.account,
        channel=Channel.LINE,
        touchpoint=LINE,
        children=(intent.child,) * (2 if intent.twins else 1),
        language=intent.language,
        consent=consent.given(intent.language, CONSENT_SOURCE, found.now),
    )
    return intent, joining.enrol(store, asked, found.event.user, found.now, start=True)


def _born(store: Store, found: ChatRequest, intent: Intent) -> Done:
    """Register the birth of who was expected. Looked at anew with each try: somebody may have
    stopped, or registered it elsewhere, at the same moment.
    """
    day = intent.child.birth_date if intent.child else None

    def born(old: Subscriber) -> Subscriber:
        one = expected(old)
        if one is None or day is None:
            raise RefusedError(Refusal.NO_SUCH_CHILD)
        end = found.settings.end_of_delivery
        return changes.birth_registered(old, found.now, one.id, day, end=end, twins=intent.twins)

    if found.subscriber is None:
        return replace(intent, kind=IntentKind.GREETING), None
    return intent, actions.change(store, found.subscriber.id, born)


_STEPS = {
    (Kind.FOLLOW, IntentKind.GREETING): Step.OPENED,
    (Kind.POSTBACK, IntentKind.CHECK): Step.STARTED,
    (Kind.POSTBACK, IntentKind.JOIN): Step.CONFIRMED,
}
"""How far somebody has come who joins in the chat."""

_ACTIONS: dict[IntentKind, Callable[[Store, ChatRequest, Intent], Done]] = {
    IntentKind.STOP: _stopped,
    IntentKind.JOIN: _joined,
    IntentKind.BIRTH: _born,
}
