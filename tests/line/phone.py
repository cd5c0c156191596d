"""A phone with LINE: what somebody does in the chat, and what then stands there."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from local.standins.line_events import Told
from shared.rules.dates import JST
from shared.rules.subscriber import Subscriber
from tests.world import World

USER = "U" + "a1" * 16


@dataclass
class Phone:
    """Somebody's phone, with 文京区 in it."""

    world: World
    user: str = USER

    @property
    def channel(self) -> str:
        (channel,) = self.world.standins.settings.current.line.channels
        return channel

    @property
    def subscriber(self) -> Subscriber | None:
        place = ("bunkyo", self.user)
        found = self.world.store.subscribers.at_addresses([place]).get(place)
        return self.world.store.subscribers.get(found) if found else None

    def tell(self, event: dict[str, Any]) -> Told:
        """LINE tells the product of an event; nobody works on it yet."""
        told = self.world.standins.app.line.events.did(self.channel, self.user, event)
        assert told.status == 200
        return told

    def does(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Something is done; the messages that answer it, as they came over the wire."""
        before = len(self.world.sent())
        self.tell(event)
        self.world.work()
        return [one for each in self.world.sent()[before:] for one in objects(each)]

    def follows(self, *, again: bool = False) -> list[dict[str, Any]]:
        return self.does({"type": "follow", "follow": {"isUnblocked": again}})

    def blocks(self, **facts: Any) -> list[dict[str, Any]]:
        return self.does({"type": "unfollow", **facts})

    def writes(self, text: str) -> list[dict[str, Any]]:
        return self.does(
            {
                "type": "message",
                "message": {"type": "text", "id": "1", "text": text, "quoteToken": "q"},
            }
        )

    def presses(self, action: dict[str, Any], day: date | None = None) -> list[dict[str, Any]]:
        """Press a button that stands in the chat; for a calendar, on a day."""
        return self.posts(action["data"], day)

    def posts(self, data: str, day: date | None = None) -> list[dict[str, Any]]:
        params = {"params": {"date": day.isoformat()}} if day else {}
        return self.does({"type": "postback", "postback": {"data": data, **params}})

    def joins(self, due: date, *, twins: bool = False) -> list[dict[str, Any]]:
        """From the greeting to the registration."""
        button = labelled(self.follows(), "妊娠中です")
        choice = "ふたごです" if twins else "登録する"
        return self.presses(labelled(self.presses(button, due), choice))


def objects(message: Any) -> list[dict[str, Any]]:
    """The message objects of what LINE accepted."""
    return list(message.content) or [{"type": "text", "text": message.text}]


def actions(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All buttons and quick replies that stand in the chat."""
    found: list[dict[str, Any]] = []
    for each in messages:
        found += each.get("template", {}).get("actions", [])
        found += [item["action"] for item in each.get("quickReply", {}).get("items", [])]
    return found


def labels(messages: list[dict[str, Any]]) -> list[str]:
    return [each["label"] for each in actions(messages)]


def labelled(messages: list[dict[str, Any]], label: str) -> dict[str, Any]:
    (found,) = [each for each in actions(messages) if each["label"] == label]
    return found


def said(messages: list[dict[str, Any]]) -> str:
    return "\n".join(each.get("text") or each["altText"] for each in messages)


def today() -> date:
    """The day in Tokyo: the chat has no other clock than the real one."""
    return datetime.now(JST).date()


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


def happened(subscriber: Subscriber | None) -> list[list[str]]:
    """What happened to each enrolment, in order."""
    assert subscriber is not None
    return [[each.what.value for each in e.history] for e in subscriber.enrolments]
