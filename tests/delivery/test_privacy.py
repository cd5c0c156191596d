"""Nothing of a person is on a queue or in a log, on a good day and on a bad one."""

import contextlib
import io
import logging
from datetime import date, timedelta

import pytest

from shared.rules.account import Channel
from tests.delivery.test_failures import LATER
from tests.world import TEN, World, pregnant

DUE = date(2026, 12, 24)


def log_of_everything(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Every line that any logger of this process writes from here on, also those of libraries."""
    log = io.StringIO()
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [logging.StreamHandler(log)])
    monkeypatch.setattr(root, "level", logging.INFO)
    for name in ("dispatch", "email", "email-feedback", "line", "sms"):
        (handler,) = logging.getLogger(name).handlers
        monkeypatch.setattr(handler, "stream", log)
    return log


def test_no_queue_message_and_no_log_line_of_a_day_holds_anything_of_a_person(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_of_everything(monkeypatch)
    subscribers = [
        pregnant(
            number, channel, due=DUE + timedelta(days=number), nickname="はなちゃん", twins=True
        )
        for number, channel in enumerate([*Channel, *Channel])
    ]
    world.add(*subscribers)
    world.fail(provider="twilio", kind="refused", times=1, code=21211)
    world.fail(provider="line", kind="bad_recipient", times=1)
    world.fail(provider="ses", kind="disconnect", times=1, after=True)

    world.day()
    world.ses_reports()
    world.day(LATER)
    world.day(TEN.replace(hour=21))
    with contextlib.suppress(ValueError):
        world.tick_event({"now": "はなちゃん"})

    output = capsys.readouterr()
    seen = "\n".join([*world.queued, output.out, output.err, log.getvalue()])
    assert '"message":"done"' in seen
    assert '"channel":"sms"' in "\n".join(world.queued)
    for subscriber in subscribers:
        assert subscriber.address not in seen
        assert subscriber.address.lstrip("+") not in seen
    for number in range(6):
        assert (DUE + timedelta(days=number)).isoformat() not in seen
    for words in ("はなちゃん", "本文", "お知らせ", "妊娠"):
        assert words not in seen
        assert words.encode("unicode_escape").decode() not in seen
