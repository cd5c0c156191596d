"""Acting: does what somebody wished for in the chat, and says what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from functions.line.conversation import Want, Wish, expected, overtaken
from functions.line.event import ChatEvent, Kind
from shared.rules import changes
from shared.rules.account import Channel, Settings
from shared.rules.changes import Refusal, RefusedError
from shared.rules.dates import jst_date
from shared.rules.joining import Application
from shared.rules.subscriber import Subscriber
from shared.rules.touchpoint import LINE, Step
from shared.store.line_events import Turn
from shared.store.store import Store
from shared.subscribers import actions, consent, joining

CONSENT_SOURCE = "line_chat"


@dataclass(frozen=True, slots=True)
class Situation:
    """Who did what in whose chat, and the record at their address as it was found."""

    account: str
    settings: Settings
    event: ChatEvent
    subscriber: Subscriber | None
    now: datetime


Done = tuple[Wish, Subscriber | None]
"""The wish that is to be answered, and how the subscriber's record is then."""


def act(store: Store, found: Situation, wish: Wish) -> Done:
    """Do what is wished for, where it changes anything, and say what came of it."""
    done, subscriber = _act(store, found, wish)
    step = _STEPS.get((found.event.kind, done.want))
    if step:
        store.touchpoints.count(found.account, LINE, step, jst_date(found.now))
    return done, subscriber


def _act(store: Store, found: Situation, wish: Wish) -> Done:
    if wish.want not in _ACTIONS:
        return wish, found.subscriber
    if wish.want is not Want.BIRTH and not _its_turn(store, found, wish):
        late = Want.NOTHING if wish.want is Want.STOP else Want.NOT_UNDERSTOOD
        return replace(wish, want=late), found.subscriber
    try:
        return _ACTIONS[wish.want](store, found, wish)
    except RefusedError as error:
        return replace(wish, want=Want.NOT_POSSIBLE, refusal=error.refusal), found.subscriber


def _its_turn(store: Store, found: Situation, wish: Wish) -> bool:
    """Whether nothing that happened later stands against it; if so, it is the latest now."""
    latest = store.line_turns.latest(found.account, found.event.user)
    if overtaken(found.event, wish.want, found.subscriber, latest):
        return False
    return store.line_turns.take(found.account, found.event.user, Turn(found.event.at, found.now))


def _stopped(store: Store, found: Situation, wish: Wish) -> Done:
    subscriber = found.subscriber and actions.stop(store, found.subscriber.id, found.now)
    blocked = found.event.kind is Kind.UNFOLLOW
    return (replace(wish, want=Want.NOTHING) if blocked else wish), subscriber


def _joined(store: Store, found: Situation, wish: Wish) -> Done:
    if wish.child is None:
        raise RefusedError(Refusal.NO_SUCH_CHILD)
    asked = Application(
        account=found.account,
        channel=Channel.LINE,
        touchpoint=LINE,
        children=(wish.child,) * (2 if wish.twins else 1),
        language=wish.language,
        consent=consent.given(wish.language, CONSENT_SOURCE, found.now),
    )
    return wish, joining.enrol(store, asked, found.event.user, found.now, start=True)


def _born(store: Store, found: Situation, wish: Wish) -> Done:
    """Register the birth of who was expected. Looked at anew with each try: somebody may have
    stopped, or registered it elsewhere, at the same moment.
    """
    day = wish.child.birth_date if wish.child else None

    def born(old: Subscriber) -> Subscriber:
        one = expected(old)
        if one is None or day is None:
            raise RefusedError(Refusal.NO_SUCH_CHILD)
        end = found.settings.end_of_delivery
        return changes.birth_registered(old, found.now, one.id, day, end=end, twins=wish.twins)

    if found.subscriber is None:
        return replace(wish, want=Want.GREETING), None
    return wish, actions.change(store, found.subscriber.id, born)


_STEPS = {
    (Kind.FOLLOW, Want.GREETING): Step.OPENED,
    (Kind.POSTBACK, Want.CHECK): Step.STARTED,
    (Kind.POSTBACK, Want.JOIN): Step.CONFIRMED,
}
"""How far somebody has come who joins in the chat."""

_ACTIONS: dict[Want, Callable[[Store, Situation, Wish], Done]] = {
    Want.STOP: _stopped,
    Want.JOIN: _joined,
    Want.BIRTH: _born,
}
