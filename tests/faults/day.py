"""A small day: three channels, siblings, twins, and batches that span pages; and how it goes on
after whatever happened to it.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from aws_lambda_powertools.utilities import parameters

from functions.dispatch import tick as dispatch_tick
from functions.email import deliver as email_deliver
from functions.email import feedback as email_feedback
from functions.email.sender import EmailSender
from functions.email.ses import SIMULATOR
from functions.line import deliver as line_deliver
from functions.line.sender import LineSender
from functions.sms.sender import SmsSender
from local.standins.outbox import Message
from shared.delivery import turn
from shared.providers import http
from shared.rules.account import Channel
from shared.rules.history import Event, Happened
from shared.rules.subscriber import Enrolment, Subscriber
from shared.subscribers import actions
from tests.aws import remember
from tests.sms.test_status import SID, post
from tests.world import HANDLERS, JOINED, TEN, Context, World, pregnant, texts

ROUNDS = 12
"""Ticks after which the day must be over: three hours."""

EVENING = TEN.replace(hour=21, minute=15)
"""A tick in the quiet hours, when what is left has expired."""

STEP = timedelta(minutes=15)

QUEUES = ("EmailQueue", "LineQueue", "SmsQueue")

CHANGING = [f"s{10 * first + 1}" for first in range(len(Channel))]
"""The reader of each channel who may stop, move or correct a date in the middle of the day."""

Record = dict[str, Any]
Sent = tuple[str, str, str]
"""A message in an inbox: channel, recipient, and its text without links."""


class Died(BaseException):
    """The process ends here, without a word."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How queues, scheduler and events behave: `times` each is delivered, and in which order."""

    messages: int = 1
    ticks: int = 1
    every: int = 1
    """Only each so-manieth tick comes at all."""
    events: int = 1
    backwards: bool = False
    """The newest messages and events first."""
    events_late: int = 0
    """Rounds by which events are late."""


STEADY = Rhythm()
"""Everything once, and in its order."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Who changed something: whether a message to them was frozen before, and so is on its way,
    and where they are since.
    """

    on_its_way: bool
    address: str


class Day:
    """One account's day on one world, to be run again and again."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self.world = world
        patch.setattr(EmailSender, "batch_size", 2)
        patch.setattr(LineSender, "batch_size", 2)
        # Waves of two or three calls, made one after the other: else no day would be like another.
        patch.setattr(turn, "MOST_RECIPIENTS", 3)
        for sender in (EmailSender, LineSender, SmsSender):
            patch.setattr(sender, "in_flight", 1)
        world.add(*readers())
        self._restore = remember()
        self._number = 0
        self.running = ""
        """Which Lambda is at work."""
        self.callbacks: dict[tuple[str, str], str] = {}
        """Where Twilio was asked to tell what became of an SMS, by number and text."""

    def begin(self) -> None:
        """As it was in the morning; Lambdas that keep nothing of an earlier day."""
        self._restore()
        self.world.standins.app.reset()
        self.world.queued.clear()
        self._number += 1
        some = next(iter(texts()))
        # A version that no Lambda has read yet.
        changed = replace(texts()[some], title=f"別の題{self._number}")
        self.world.store.content.publish("common", {**texts(), some: changed})
        for provider in parameters.base.DEFAULT_PROVIDERS.values():
            provider.clear_cache()
        for kept in (line_deliver._api, email_deliver._rate_limit):
            kept.cache_clear()
        self._back: list[tuple[str, Record]] = []
        self._told: set[int] = set()
        self._ending: list[Callable[[], Any]] = []
        self._now = TEN

    def go(self, rhythm: Rhythm = STEADY) -> None:
        """The whole day, until the run is closed and every event is told."""
        for number in range(ROUNDS):
            self._now = TEN + STEP * number
            self._round(
                rhythm, tick=number % rhythm.every == 0, events=number >= rhythm.events_late
            )
            if number and self._over():
                break
        else:
            self._now = EVENING
            for _ in range(2):
                self._round(rhythm, tick=True, events=True)

    def another_worker(self) -> None:
        """Another Lambda gets the very message at which one is at work, and works it off."""
        name, record = self._at_work
        line_deliver._api.cache_clear()  # another process asks for a token of its own

        def work() -> None:
            self._invoke(name, HANDLERS[name], {"Records": [record]})
            http.close()

        # In a thread, because it has an event loop of its own.
        other = Thread(target=work)
        other.start()
        other.join()

    def at_its_end(self, do: Callable[[], Any]) -> None:
        """Do something when the Lambda that is at work has ended."""
        self._ending.append(do)

    def change(self, what: Callable[[Subscriber], Subscriber]) -> dict[str, Changed]:
        """A reader of each channel changes something; how it is with them, by their address of
        before.
        """
        before, self.running = self.running, ""
        run = self.world.store.ledger.run(TEN.date(), "bunkyo")
        frozen = {
            entry.subscriber
            for job in (run.job_ids() if run else ())
            for batch in self.world.store.waves.batches(job)
            for entry in batch.entries
        }
        found = {}
        for name in CHANGING:
            old = self.world.store.subscribers.get(name)
            new = actions.change(self.world.store, name, what)
            assert old is not None
            assert new is not None
            found[old.address] = Changed(name in frozen, new.address)
        self.running = before
        return found

    def sent(self) -> Counter[Sent]:
        """What is in the inboxes."""
        return Counter((m.channel, m.recipient, m.sameness) for m in self._accepted())

    def _accepted(self) -> list[Message]:
        return [m for m in self.world.standins.outbox.messages() if m.recipient != SIMULATOR]

    def _over(self) -> bool:
        run = self.world.store.ledger.run(TEN.date(), "bunkyo")
        unseen = bool(self._untold()) or any(self.world.store.arrivals)
        return run is not None and run.closed_at is not None and not unseen

    def _round(self, rhythm: Rhythm, *, tick: bool, events: bool) -> None:
        self.world.leases_run_out()
        self.world.rates_are_free()
        if tick:
            for _ in range(rhythm.ticks):
                event = {"now": self._now.isoformat()}
                self._invoke("dispatch", dispatch_tick.handler, event)
        self._work(rhythm)
        if events:
            self._tell(rhythm)

    def _work(self, rhythm: Rhythm) -> None:
        waiting = [(name, self._later(record)) for name, record in self._back]
        self._back = []
        waiting += [(name, record) for name in QUEUES for record in self.world.take(name)]
        if rhythm.backwards:
            waiting.reverse()
        for name, record in waiting * rhythm.messages:
            self._at_work = (name, record)
            if not self._invoke(name, HANDLERS[name], {"Records": [record]}):
                self._back.append((name, record))

    def _later(self, record: Record) -> Record:
        """A message that comes back after its visibility timeout: so much later for its clock."""
        sent = int(record["attributes"]["SentTimestamp"]) - int(STEP.total_seconds() * 1000)
        return {**record, "attributes": {**record["attributes"], "SentTimestamp": str(sent)}}

    def _untold(self) -> list[Message]:
        found = self.world.standins.outbox.messages()
        return [m for m in found if m.id not in self._told and m.channel != Channel.LINE]

    def _tell(self, rhythm: Rhythm) -> None:
        """The providers tell what became of what they took."""
        untold = self._untold()
        mails = [each for each in untold if each.channel == Channel.EMAIL]
        events = [_ses_event(each, kind) for kind in ("Send", "Delivery") for each in mails]
        if rhythm.backwards:
            events.reverse()
        told = [
            self._invoke("email-feedback", email_feedback.handler, {"Records": events})
            for _ in range(rhythm.events if events else 0)
        ]
        if all(told):
            self._told |= {each.id for each in mails}
        for each in untold:
            if each.channel == Channel.SMS:
                called_back = partial(self._called_back, each)
                told = [self._invoke("sms-status", called_back, {}) for _ in range(rhythm.events)]
                if all(told):
                    self._told.add(each.id)

    def _called_back(self, message: Message, _event: Any, _context: Any) -> Any:
        path = self.callbacks[message.recipient, message.text]
        fields = {
            "AccountSid": SID,
            "MessageSid": message.provider_id,
            "MessageStatus": "delivered",
            "To": message.recipient,
        }
        return post(path, fields)

    def _invoke(self, name: str, handler: Callable[[Any, Any], Any], event: Any) -> bool:
        """Have a Lambda work; whether it came to its end."""
        before, self.running = self.running, name
        try:
            answer = handler(event, Context())
        except (Died, Exception):  # noqa: BLE001 - what Lambda itself does
            return False
        finally:
            self.running = before
            while self._ending:
                self._ending.pop()()
        failed = isinstance(answer, dict) and (
            answer.get("batchItemFailures") or answer.get("statusCode", 200) >= 500
        )
        return not failed


def _ses_event(message: Message, kind: str) -> Record:
    tags = {name: [value] for name, value in message.tags.items()}
    mail = {"messageId": message.provider_id, "tags": tags, "destination": [message.recipient]}
    body = json.dumps({"eventType": kind, "mail": mail, kind.lower(): {}})
    return {"messageId": f"{kind}-{message.id}", "body": body, "attributes": {}}


def readers() -> list[Subscriber]:
    """Eleven readers with fifteen children."""
    found = []
    for first, channel in enumerate(Channel):
        number = 10 * first
        found += [
            pregnant(number + 1, channel),
            pregnant(number + 2, channel),
            pregnant(number + 3, channel, twins=True),
            _siblings(number + 4, channel),
        ]
    return found


def _siblings(number: int, channel: Channel) -> Subscriber:
    """Who expects a child and has one of ten days, whose message names it."""
    expecting = pregnant(number, channel)
    born = (
        Event(JOINED, Happened.JOINED),
        Event(JOINED, Happened.BIRTH, date(2026, 11, 15)),
    )
    child = Enrolment("e2", "はなちゃん", born)
    return replace(expecting, enrolments=(*expecting.enrolments, child))
