"""Notices: what is sent at once and to one person, with the real handlers and the wire."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest

from functions.email import notify as email_notify
from shared.rules.account import Channel
from shared.secrets import platform_keys
from shared.settings import setting
from shared.store.trials import Trial
from shared.subscribers.links import Links
from shared.subscribers.notices import NoticeKind, NoticeQueues, take_notices
from tests.store.test_pending import waiting
from tests.world import HANDLERS, Context, World, pregnant


@pytest.fixture
def notices(world: World) -> NoticeQueues:
    urls = {each: world.refs[f"{each.title()}NoticeQueue"] for each in Channel}
    return NoticeQueues(boto3.client("sqs"), urls)


def links() -> Links:
    return Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))


def test_a_mail_asks_to_confirm_an_address_and_says_who_asks(
    world: World, notices: NoticeQueues
) -> None:
    world.store.confirmations.put(waiting())

    notices.put(Channel.EMAIL, NoticeKind.CONFIRM, "c1")
    world.work()

    (mail,) = world.sent()
    assert mail.recipient == "a@example.jp"
    assert links().confirm("c1") in mail.text
    assert "きずな事務局" in mail.text
    assert mail.tags == {"notice": "1"}


def test_a_code_comes_by_sms_in_one_segment(world: World, notices: NoticeQueues) -> None:
    world.store.confirmations.put(replace(waiting(), channel=Channel.SMS, address="+819012345678"))

    notices.put(Channel.SMS, NoticeKind.CONFIRM, "c1")
    world.work()

    (message,) = world.sent()
    assert links().code("c1") in message.text
    assert len(message.text.encode("utf-16-le")) // 2 <= 70


@pytest.mark.parametrize("channel", Channel)
def test_a_fresh_link_comes_on_the_channel_of_the_subscriber(
    world: World, notices: NoticeQueues, channel: Channel
) -> None:
    world.add(pregnant(1, channel))

    notices.put(channel, NoticeKind.PREFERENCES, "s1")
    world.work()

    (message,) = world.sent()
    assert message.recipient == pregnant(1, channel).address
    assert links().preferences("s1", 0, datetime.now(UTC)) in message.text


def test_the_same_notice_twice_is_sent_once(world: World, notices: NoticeQueues) -> None:
    world.add(pregnant(1))

    for _ in range(2):
        notices.put(Channel.EMAIL, NoticeKind.PREFERENCES, "s1", "00ff")
    world.work()

    assert len(world.sent()) == 1


def test_a_notice_that_the_provider_did_not_take_comes_back_and_goes_out_once(
    world: World, notices: NoticeQueues
) -> None:
    world.add(pregnant(1))
    world.fail(provider="ses", kind="throttle", times=1)
    notices.put(Channel.EMAIL, NoticeKind.PREFERENCES, "s1")
    (record,) = world.take("EmailNoticeQueue")

    answers = [email_notify.handler({"Records": [record]}, Context()) for _ in range(3)]

    assert [len(each["batchItemFailures"]) for each in answers] == [1, 0, 0]
    assert len(world.sent()) == 1


PROVIDERS = {Channel.EMAIL: "ses", Channel.LINE: "line", Channel.SMS: "twilio"}


def taken(world: World, provider: str) -> float:
    """For how many seconds from now on the account at a provider is taken."""
    items = world.store.rates._table.scan()["Items"]
    (free_at,) = [
        int(each["free_at"])  # type: ignore[arg-type]
        for each in items
        if str(each["id"]).startswith(f"RATE#{provider}#")
    ]
    return free_at / 1_000_000 - time.time()


@pytest.mark.parametrize(("channel", "tokens"), [(Channel.LINE, 1), (Channel.SMS, 2)])
def test_a_notice_takes_its_recipient_or_segments_from_the_same_rate_as_messages(
    world: World,
    notices: NoticeQueues,
    monkeypatch: pytest.MonkeyPatch,
    channel: Channel,
    tokens: int,
) -> None:
    monkeypatch.setenv(f"{channel.name}_RATE", "0.01")
    world.add(pregnant(1, channel))

    notices.put(channel, NoticeKind.PREFERENCES, "s1")
    world.work()

    assert len(world.sent()) == 1
    assert round(taken(world, PROVIDERS[channel]), -2) == tokens * 100


def a_turn(world: World, record: dict[str, object], **how: object) -> dict[str, object]:
    """Takes an email's notice as its Lambda does, but for how it waits."""
    facts = {
        "store": world.store,
        "links": links(),
        "reserve": lambda _notice, _longest: 0.0,
        "send": email_notify._send,
        "logger": email_notify.logger,
        "metrics": email_notify.metrics,
        "sleep": lambda _: None,
    }
    context = Context(seconds=60)
    return take_notices({"Records": [record]}, context, Channel.EMAIL, **{**facts, **how})


def test_a_notice_waits_for_its_turn_with_time_left_to_be_sent(
    world: World, notices: NoticeQueues
) -> None:
    world.add(pregnant(1))
    notices.put(Channel.EMAIL, NoticeKind.PREFERENCES, "s1")
    (record,) = world.take("EmailNoticeQueue")
    slept: list[float] = []
    longest: list[float] = []

    def reserve(_: object, most: float) -> float:
        longest.append(most)
        return 1.5

    a_turn(world, record, reserve=reserve, sleep=slept.append)

    assert (longest, slept) == ([10.0], [1.5])
    assert len(world.sent()) == 1


def test_a_notice_that_could_not_wait_so_long_comes_back_and_goes_out_once(
    world: World, notices: NoticeQueues
) -> None:
    world.add(pregnant(1))
    notices.put(Channel.EMAIL, NoticeKind.PREFERENCES, "s1")
    (record,) = world.take("EmailNoticeQueue")
    waits = [None, 0.0, 0.0]

    answers = [a_turn(world, record, reserve=lambda *_: waits.pop(0)) for _ in range(3)]

    assert [len(each["batchItemFailures"]) for each in answers] == [1, 0, 0]  # type: ignore[arg-type]
    assert len(world.sent()) == 1


def test_who_leaves_while_a_notice_waits_gets_none(world: World, notices: NoticeQueues) -> None:
    world.add(pregnant(1))
    notices.put(Channel.EMAIL, NoticeKind.OFFER, "s1")
    (record,) = world.take("EmailNoticeQueue")

    def leave(_: float) -> None:
        world.stop("s1", datetime.now(UTC))

    answer = a_turn(world, record, reserve=lambda *_: 1.0, sleep=leave)

    assert world.sent() == []
    assert answer == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("channel", "kind"), [(Channel.EMAIL, "daily_quota"), (Channel.LINE, "monthly_limit")]
)
def test_a_notice_that_met_a_used_up_quota_is_not_lost_but_comes_back(
    world: World, notices: NoticeQueues, channel: Channel, kind: str
) -> None:
    world.add(pregnant(1, channel))
    world.fail(provider=PROVIDERS[channel], kind=kind, times=1)
    notices.put(channel, NoticeKind.PREFERENCES, "s1")
    (record,) = world.take(f"{channel.title()}NoticeQueue")
    handler = HANDLERS[f"{channel.title()}NoticeQueue"]

    answers = [handler({"Records": [record]}, Context()) for _ in range(3)]

    assert [len(each["batchItemFailures"]) for each in answers] == [1, 0, 0]
    assert len(world.sent()) == 1


def test_a_notice_of_which_it_is_not_known_whether_it_was_taken_is_not_sent_again(
    world: World, notices: NoticeQueues
) -> None:
    world.add(pregnant(1))
    world.fail(provider="ses", kind="disconnect", times=1, after=True)
    notices.put(Channel.EMAIL, NoticeKind.PREFERENCES, "s1")
    (record,) = world.take("EmailNoticeQueue")

    answers = [email_notify.handler({"Records": [record]}, Context()) for _ in range(2)]

    assert [each["batchItemFailures"] for each in answers] == [[], []]
    assert len(world.sent()) == 1


def test_who_is_not_there_any_more_gets_no_notice(world: World, notices: NoticeQueues) -> None:
    world.store.confirmations.put(waiting(days=-0.1))
    world.add(pregnant(1), pregnant(2, Channel.LINE))
    world.stop("s1", datetime.now(UTC))

    notices.put(Channel.EMAIL, NoticeKind.CONFIRM, "c1")
    notices.put(Channel.EMAIL, NoticeKind.OFFER, "s1")
    notices.put(Channel.EMAIL, NoticeKind.PREFERENCES, "s2")
    notices.put(Channel.EMAIL, NoticeKind.PREFERENCES, "nobody")
    world.work()

    assert world.sent() == []


def test_a_queue_of_notices_carries_nothing_of_a_person(
    world: World, notices: NoticeQueues
) -> None:
    world.store.confirmations.put(waiting())

    notices.put(Channel.EMAIL, NoticeKind.CONFIRM, "c1")
    world.work()

    (body,) = world.queued
    assert json.loads(body).keys() == {"kind", "id", "mark"}
    assert "a@example.jp" not in body


def test_a_trial_goes_to_the_colleague_who_asked_and_shows_the_mail_and_the_sms(
    world: World, notices: NoticeQueues
) -> None:
    trial = Trial(
        "bunkyo", "文京区", "staff@example.jp", "題名", "{child}の本文", "【文京区】SMS\nhttps://…"
    )

    trial_id = world.store.trials.add(trial)
    notices.put(Channel.EMAIL, NoticeKind.TRIAL, trial_id)
    world.work()

    (mail,) = world.sent()
    assert mail.recipient == "staff@example.jp"
    assert mail.subject == "【試し送り】題名"
    assert "{child}の本文" in mail.text, "what looks like a placeholder stays as it is"
    assert "【文京区】SMS\nhttps://…" in mail.text


def test_a_trial_that_waited_too_long_is_not_sent(
    world: World, notices: NoticeQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.store.trials.LASTS_SECONDS", -1)
    trial_id = world.store.trials.add(Trial("common", "a", "staff@example.jp", "b", "c", "d"))

    notices.put(Channel.EMAIL, NoticeKind.TRIAL, trial_id)
    world.work()

    assert world.sent() == []
