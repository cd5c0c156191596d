"""Events of the LINE chat while they wait, and who last started or stopped when."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.store import line_events
from shared.store.line_events import EVENT_SECONDS, LineEvents, StartOrStop
from tests.world import World

USER = "U" + "a1" * 16
AT = datetime(2026, 11, 25, 1, 0, 0, 123_456, tzinfo=UTC)


def test_an_event_is_there_until_it_is_removed(world: World) -> None:
    events = LineEvents(world.store.seen._table)
    events.put("bunkyo", {"01E": "what happened"})
    events.put("bunkyo", {"01E": "what happened"})

    assert events.get("bunkyo", "01E") == "what happened"
    assert events.get("sakyo", "01E") is None
    (item,) = events._table.scan()["Items"]
    left = int(item["expires"]) - datetime.now(UTC).timestamp()
    assert EVENT_SECONDS - 60 < left <= EVENT_SECONDS == 86_400

    events.remove("bunkyo", "01E")
    assert events.get("bunkyo", "01E") is None


@pytest.mark.parametrize(
    ("later", "taken"),
    [(timedelta(0), True), (timedelta(seconds=1), True), (-timedelta(seconds=1), False)],
)
def test_only_what_is_not_earlier_takes_the_turn(
    world: World, later: timedelta, taken: bool
) -> None:
    turns, first = world.store.line_starts, StartOrStop(AT, AT + timedelta(minutes=1))
    second = StartOrStop(AT + later, AT + timedelta(minutes=5))
    assert turns.latest("bunkyo", USER) is None
    assert turns.take("bunkyo", USER, first)

    assert turns.take("bunkyo", USER, second) is taken

    assert turns.latest("bunkyo", USER) == (second if taken else first)
    assert turns.latest("sakyo", USER) is None


def test_the_key_of_a_turn_tells_of_nobody(world: World) -> None:
    world.store.line_starts.take("bunkyo", USER, StartOrStop(AT, AT))

    (item,) = world.store.seen._table.scan()["Items"]
    assert item["id"].startswith("TURN#")
    assert USER not in str(item)
    assert line_events.TURN_SECONDS == 259_200
