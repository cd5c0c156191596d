"""The outbox: what it keeps, in whose mailbox, and what it calls a repeat."""

import sqlite3

import pytest

from local.standins.outbox import Message, Outbox, RetryKey, mailbox_id
from local.standins.outbox_questions import in_mailbox, mailboxes, repeated, sent


@pytest.fixture
def outbox(tmp_path):
    opened = Outbox(tmp_path / "outbox.db")
    yield opened
    opened.close()


def message(recipient="hanako@example.com", text="本文", **more):
    return Message(
        **{
            "channel": "email",
            "provider_id": "m-1",
            "sender": "kizuna@example.jp",
            "recipient": recipient,
            "text": text,
            **more,
        }
    )


def test_a_mailbox_is_one_recipient_of_one_sender_on_one_channel(outbox):
    outbox.accept([message(), message(text="二通め"), message(sender="other@example.jp")])
    boxes = mailboxes(outbox)
    assert [(box.sender, box.number, box.last_words) for box in boxes] == [
        ("other@example.jp", 1, "本文"),
        ("kizuna@example.jp", 2, "二通め"),
    ]
    assert [m.text for m in in_mailbox(outbox, boxes[1].id)] == ["二通め", "本文"]


def test_the_name_of_a_mailbox_does_not_show_the_address():
    name = mailbox_id("email", "kizuna@example.jp", "hanako@example.com")
    assert name == mailbox_id("email", "kizuna@example.jp", "hanako@example.com")
    assert len(name) == 16
    assert int(name, 16)


def test_mailboxes_are_found_by_channel_and_by_part_of_an_address(outbox):
    outbox.accept([message(), message("50%@example.com"), message("+819012345678", channel="sms")])
    assert [box.recipient for box in mailboxes(outbox, channel="sms")] == ["+819012345678"]
    assert [box.recipient for box in mailboxes(outbox, search="hana")] == ["hanako@example.com"]
    assert [box.recipient for box in mailboxes(outbox, search="50%")] == ["50%@example.com"]


def test_the_same_words_twice_to_one_person_are_a_repeat_whatever_the_link(outbox):
    outbox.accept(
        [
            message(text="本文 https://example.jp/stop?s=1"),
            message(text="本文 https://example.jp/stop?s=2"),
            message(text="別の本文"),
            message("taro@example.com", text="本文 https://example.jp/stop?s=1"),
        ]
    )
    assert [(found["number"], found["ids"]) for found in repeated(outbox)] == [(2, [1, 2])]


def test_messages_are_kept_all_or_none(outbox):
    broken = message(text=None)
    with pytest.raises(sqlite3.IntegrityError):
        outbox.accept([message(subject="題"), broken])
    assert sent(outbox) == []


def test_a_retry_key_is_forgotten_after_24_hours(outbox):
    key = RetryKey("100", "key", "digest", "request-1")
    assert outbox.accept_once(key, [message()]) is None
    assert outbox.accept_once(key, [message()]) == key
    with outbox._lock:
        outbox._db.execute("UPDATE line_requests SET accepted_at = '2026-01-01T00:00:00+00:00'")
    assert outbox.accept_once(key, [message()]) is None
    assert len(sent(outbox)) == 2


def test_an_outbox_outlives_its_server(tmp_path):
    first = Outbox(tmp_path / "outbox.db")
    first.accept([message(headers={"From": "あすなろ市"}, tags={"batch": "1"})])
    first.close()
    second = Outbox(tmp_path / "outbox.db")
    (kept,) = sent(second, recipient="hanako@example.com")
    second.close()
    assert (kept.headers, kept.tags, kept.id) == ({"From": "あすなろ市"}, {"batch": "1"}, 1)
    assert kept.accepted_at.endswith("Z")
