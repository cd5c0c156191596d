"""Nothing personal leaves the pages but to the person: not in logs, on queues or in addresses."""

import re

import pytest

from tests.register.parents import (
    JOIN,
    days,
    expecting,
    join_by_mail,
    own_path,
    today,
)
from tests.register.test_pages import request
from tests.world import World

SOURCE = "203.0.113.77"
PERSONAL = ("hana@example.jp", "sora@example.jp", "まめ", "+8190", "090-1234", SOURCE)


def a_whole_life(world: World) -> list[str]:
    """Somebody joins, changes everything, invites, stops and is erased: every answer's headers."""
    subscriber = join_by_mail(world, **{"nickname-1": "まめ"})
    own = own_path(subscriber.id)
    calls = [
        (JOIN, expecting(step="send", channel="sms", phone="090-1234-5678")),
        (JOIN, expecting(**{"day-1": "まめ"})),
        (JOIN, expecting(step="send", email="sora@example.jp")),
        (f"{own}/due/e1", {"step": "save", "day": days(50)}),
        (f"{own}/names/e1", {"nickname-1": "まめ2"}),
        (f"{own}/address", {"channel": "email", "email": "sora@example.jp"}),
        (f"{own}/family/e1", {}),
        (f"{own}/birth/e1", {"step": "save", "day": days(-1)}),
        ("/lost/bunkyo", {"channel": "email", "email": "hana@example.jp"}),
        (f"{own}/stop/e1", {}),
        (f"{own}/erase", {"step": "erase"}),
    ]
    answers = [request("POST", path, form=form, source=SOURCE) for path, form in calls]
    assert all(each["statusCode"] < 500 for each in answers)
    return [str(each["headers"]) for each in answers]


def personal(text: str) -> list[str]:
    """What of the person stands in a text: dates, too, but for today's."""
    dates = set(re.findall(r"20\d\d-\d\d-\d\d", text)) - {today().isoformat()}
    found = [each for each in PERSONAL if each in text]
    return found + [each for each in dates if each in {days(56), days(50), days(-1)}]


def test_no_log_queue_or_address_holds_anything_of_a_person(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    headers = a_whole_life(world)
    for channel in ("Email", "Sms", "Line"):
        world.take(f"{channel}NoticeQueue")

    written = capsys.readouterr()
    assert len(world.queued) >= 4
    assert personal(" ".join(world.queued)) == []
    assert personal(written.out + written.err + caplog.text) == []
    assert personal(" ".join(headers)) == []


def test_what_breaks_is_told_without_what_was_typed_in(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    table = world.store.confirmations._table
    table.delete()

    answer = request("POST", JOIN, form=expecting(step="send"), source=SOURCE)

    assert answer["statusCode"] == 500
    assert "ただいま混み合っています" in answer["body"]
    written = capsys.readouterr().out + caplog.text
    assert "not answered: ResourceNotFoundException" in written
    assert personal(written) == []
