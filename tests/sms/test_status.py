"""What Twilio tells by itself: what became of an SMS, and what readers answer."""

import base64
import hashlib
import io
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from twilio.request_validator import RequestValidator

from functions.sms.sender import callback_name
from functions.sms.status import handler, is_stop, told_by
from functions.sms.twilio_api import CODES, OPTED_OUT, UNREACHED
from shared.feedback.events import OPTED_OUT_CODE
from shared.rules.account import Channel
from shared.rules.feedback import State, Told
from shared.rules.history import Happened, Status, latest_standing
from shared.rules.subscriber import Subscriber
from shared.store.feedback import Place
from shared.store.keys import JobId
from shared.store.run import Job
from tests.world import TEN, TODAY, Context, World, pregnant

PUBLIC = "https://kizuna.example.jp"
JOB = JobId("bunkyo", TODAY, Channel.SMS, 0)
DIGEST = hashlib.sha256(b"bunkyo").hexdigest()
SID, TOKEN = f"AC{DIGEST[:32]}", DIGEST[32:]
NUMBER = "+819010000001"


def post(
    path: str,
    fields: dict[str, str],
    *,
    signed: str | None = None,
    token: str = TOKEN,
    query: str = "",
    encoded: bool = False,
    **changes: Any,
) -> dict[str, Any]:
    """The answer to a request as API Gateway hands it on; Twilio signed the URL `signed`."""
    url = signed or f"{PUBLIC}{path}{f'?{query}' if query else ''}"
    body = urlencode(fields)
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": RequestValidator(token).compute_signature(url, fields),
        },
        "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default"},
        "body": base64.b64encode(body.encode()).decode() if encoded else body,
        "isBase64Encoded": encoded,
        **changes,
    }
    return handler(event, Context())


def tell(
    world: World,
    name: str,
    code: int | None = None,
    *,
    to: str = NUMBER,
    sid: str | None = None,
    **how: Any,
) -> dict[str, Any]:
    """A status callback about the one SMS of the day."""
    (batch,) = world.store.waves.batches(JOB)
    fields = {
        "AccountSid": SID,
        "MessageSid": sid or str(batch.entries[0].outcome.provider_id),
        "MessageStatus": name,
        "SmsStatus": name,
        "To": to,
        "From": "+815012345678",
        **({"ErrorCode": str(code)} if code else {}),
    }
    return post(f"/sms/status/{callback_name(JOB, batch.id)}", fields, **how)


def answer(body: str, *, sender: str = NUMBER, **more: str) -> dict[str, Any]:
    """What a reader answers to an SMS."""
    fields = {"AccountSid": SID, "From": sender, "To": "+815012345678", "Body": body, **more}
    return post("/sms/inbound/bunkyo", fields)


def sent_one(world: World) -> None:
    """A day on which one SMS was accepted."""
    world.add(pregnant(1, Channel.SMS))
    world.day()


def person(world: World) -> Subscriber:
    found = world.store.subscribers.get("s1")
    assert found is not None
    return found


def standing(world: World) -> Status:
    return latest_standing(person(world).enrolments[0].history).status


def known(world: World) -> State | None:
    (batch,) = world.store.waves.batches(JOB)
    place = Place(JOB, batch.id, 0)
    found = world.store.feedback.known([place]).get(place)
    return found and found.state


def log_of_status(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    log = io.StringIO()
    (stream,) = logging.getLogger("sms-status").handlers
    monkeypatch.setattr(stream, "stream", log)
    return log


@pytest.mark.parametrize(
    ("name", "code", "state", "expected"),
    [
        ("queued", None, None, "active"),
        ("sent", None, None, "active"),
        ("delivered", None, None, "active"),
        ("undelivered", 30003, "bounced", "active"),
        ("undelivered", 30008, "bounced", "active"),
        ("failed", 30001, "bounced", "active"),
        ("undelivered", 30004, "bounced", "active"),
        ("undelivered", None, "bounced", "active"),
        ("undelivered", 39999, "bounced", "active"),
        ("undelivered", 30005, "failed", "suspended"),
        ("undelivered", 30006, "failed", "suspended"),
        ("failed", 21614, "failed", "suspended"),
        ("failed", 21211, "failed", "suspended"),
        ("failed", 21610, "opted_out", "stopped"),
        ("undelivered", 30007, "rejected", "active"),
        ("failed", 30450, "rejected", "active"),
        ("failed", 21408, "rejected", "active"),
        ("failed", 20003, "rejected", "active"),
        ("partying", None, None, "active"),
    ],
)
def test_what_a_status_makes_of_an_sms_and_of_its_reader(
    world: World, name: str, code: int | None, state: str | None, expected: str
) -> None:
    sent_one(world)

    told = tell(world, name, code)

    assert (told["statusCode"], told["headers"]["Content-Type"]) == (200, "text/xml")
    assert told["body"].endswith("<Response/>")
    assert (known(world), standing(world)) == (state, expected)
    assert person(world).failed_on == ((TODAY,) if state == "bounced" else ())


def test_every_code_of_the_table_is_understood_without_guessing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told_by("39999") is Told.BOUNCED
    told = {code: told_by(str(code)) for code in CODES}

    assert {code for code, what in told.items() if what is Told.BOUNCED} == UNREACHED & set(CODES)
    assert told[OPTED_OUT] is Told.OPTED_OUT
    assert str(OPTED_OUT) == OPTED_OUT_CODE


def test_an_unknown_code_is_a_metric(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    sent_one(world)

    tell(world, "undelivered", 39999)
    tell(world, "partying")

    out = capsys.readouterr().out
    assert '"SmsUnknownCode":[1.0]' in out
    assert '"SmsUnknownStatus":[1.0]' in out


def test_statuses_that_come_out_of_order_or_again_change_nothing_more(world: World) -> None:
    sent_one(world)

    for name, code in [("undelivered", 30003), ("sent", None), ("queued", None)] * 2:
        tell(world, name, code)
    assert known(world) is State.BOUNCED
    after = person(world)
    tell(world, "undelivered", 30003)

    assert person(world) == after
    assert world.store.feedback.failed(TODAY, Channel.SMS) == 1


def test_a_delivery_forgets_the_day_s_failure(world: World) -> None:
    sent_one(world)
    tell(world, "undelivered", 30003)

    tell(world, "delivered")

    assert (known(world), person(world).failed_on) == (State.DELIVERED, ())


def test_news_of_another_number_than_the_reader_s_change_nobody(world: World) -> None:
    sent_one(world)

    tell(world, "undelivered", 30005, to="+819099999999")

    assert standing(world) == "active"


# Who may tell.


def test_the_signature_may_cover_the_fragment_or_not_and_a_query(world: World) -> None:
    sent_one(world)
    (batch,) = world.store.waves.batches(JOB)
    url = f"{PUBLIC}/sms/status/{callback_name(JOB, batch.id)}"

    assert tell(world, "sent", signed=f"{url}#rc=3&rp=all")["statusCode"] == 200
    assert tell(world, "sent", signed=f"{url}#rc=9")["statusCode"] == 403
    assert tell(world, "sent", query="x=1&y=%20")["statusCode"] == 200
    assert tell(world, "sent", query="x=1", signed=url)["statusCode"] == 403
    assert tell(world, "sent", encoded=True)["statusCode"] == 200


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"token": "another account's token"}, 403),
        ({"signed": "https://elsewhere.example.jp/sms/status/x"}, 403),
        ({"headers": {}}, 403),
        ({"headers": {"x-twilio-signature": "停止"}}, 403),
        ({"body": None}, 403),
        ({"body": "a", "isBase64Encoded": True}, 400),
        ({"body": base64.b64encode(b"\xff\xfe").decode(), "isBase64Encoded": True}, 400),
    ],
)
def test_what_twilio_did_not_sign_changes_nothing_and_is_answered_calmly(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: dict[str, Any],
    code: int,
) -> None:
    sent_one(world)
    log = log_of_status(monkeypatch)

    told = tell(world, "undelivered", 30005, **how)

    assert told["statusCode"] == code
    assert (known(world), standing(world)) == (None, "active")
    seen = log.getvalue() + capsys.readouterr().out + told["body"]
    assert NUMBER not in seen
    assert NUMBER[1:] not in seen


def test_a_request_that_is_too_large_is_refused_before_it_is_taken_apart(world: World) -> None:
    path = "/sms/inbound/bunkyo"
    many = {f"a{n}": "" for n in range(201)}

    assert post(path, {"a": "b" * 70_000})["statusCode"] == 413
    assert post(path, {"a": "b" * 50_000}, encoded=True)["statusCode"] == 413
    assert post(path, {"AccountSid": SID, **many})["statusCode"] == 400
    assert post(path, {"AccountSid": SID, "a": "b" * 60_000})["statusCode"] == 200


@pytest.mark.parametrize("code", ["9" * 5_000, "30005x", "-30005", "３０００５", ""])
def test_what_is_no_code_is_not_read_as_one_and_not_kept(world: World, code: str) -> None:
    sent_one(world)
    (batch,) = world.store.waves.batches(JOB)
    fields = {
        "AccountSid": SID,
        "MessageSid": str(batch.entries[0].outcome.provider_id),
        "MessageStatus": "undelivered",
        "To": NUMBER,
        "ErrorCode": code,
    }

    answered = post(f"/sms/status/{callback_name(JOB, batch.id)}", fields)

    assert answered["statusCode"] == 200
    assert known(world) is not None
    if code:
        assert code not in str(boto3.resource("dynamodb").Table(world.refs["LedgerTable"]).scan())


@pytest.mark.parametrize(
    "name",
    [
        "bunkyo",
        "bunkyo.2026-11-25.0",
        "bunkyo.2026-13-25.0.000001-000000",
        "bunkyo.2026-11-25.x.000001-000000",
        "chofu.2026-11-25.0.000001-000000",
        "BUNKYO.2026-11-25.0.000001-000000",
        "bunkyo.2026-11-25.0.000001-000000.9",
        "a@b.example.jp",
    ],
)
def test_a_path_that_names_no_message_is_not_found(world: World, name: str) -> None:
    assert post(f"/sms/status/{name}", {"AccountSid": SID})["statusCode"] == 404


def test_an_account_without_credentials_is_not_found(world: World) -> None:
    boto3.client("secretsmanager").delete_secret(
        SecretId="kizuna/accounts/bunkyo/sms", ForceDeleteWithoutRecovery=True
    )

    assert answer("STOP")["statusCode"] == 404


def test_a_message_that_was_never_sent_is_told_of_in_vain(world: World) -> None:
    fields = {"AccountSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30005"}
    path = "/sms/status/bunkyo.2026-11-25.0.000009-000000"

    assert post(path, fields)["statusCode"] == 200


def test_the_fields_must_name_the_account_s_own_twilio_account(world: World) -> None:
    sent_one(world)

    told = post("/sms/inbound/bunkyo", {"AccountSid": "AC0", "From": NUMBER, "Body": "STOP"})

    assert (told["statusCode"], standing(world)) == (400, "active")


# What readers answer.


@pytest.mark.parametrize(
    "body",
    [
        "STOP",
        "stop",
        " Stop. ",
        "ＳＴＯＰ",
        "ｓｔｏｐ！",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "OPTOUT",
        "REVOKE",
        "停止",
        "「停止」",
        "配信停止",
        "解除。",
        "解除\n",
    ],
)
def test_a_word_that_stops_is_known_however_it_is_written(body: str) -> None:
    assert is_stop(body)


@pytest.mark.parametrize("body", ["", "START", "再開", "HELP", "ありがとう", "don't stop", "YES"])
def test_any_other_word_stops_nothing(body: str) -> None:
    assert not is_stop(body)


def test_whoever_answers_stop_gets_nothing_more_and_counts_as_stopped_by_themselves(
    world: World,
) -> None:
    sent_one(world)

    told = answer("停止")
    world.day(TEN.replace(day=26))

    assert (told["statusCode"], told["body"].endswith("<Response/>")) == (200, True)
    assert person(world).enrolments[0].history[-1].what is Happened.STOPPED_BY_SUBSCRIBER
    assert len(world.sent()) == 1


def test_twilio_s_own_word_for_a_stop_counts_whatever_the_text(world: World) -> None:
    sent_one(world)

    answer("やめてください", OptOutType="STOP")

    assert standing(world) == "stopped"


def test_stop_again_changes_nothing_more(world: World) -> None:
    sent_one(world)
    answer("STOP")
    after = person(world)

    answer("STOP")

    assert person(world) == after


@pytest.mark.parametrize("body", ["START", "再開", "ありがとう"])
def test_nothing_that_is_answered_starts_anything(world: World, body: str) -> None:
    sent_one(world)
    answer("STOP")
    after = person(world)

    assert answer(body, OptOutType="START")["statusCode"] == 200

    assert person(world) == after


def test_a_stranger_s_stop_is_answered_like_any(world: World) -> None:
    sent_one(world)

    assert answer("STOP", sender="+819099999999")["statusCode"] == 200
    assert standing(world) == "active"


def test_nothing_personal_is_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent_one(world)
    log = log_of_status(monkeypatch)

    tell(world, "undelivered", 30003)
    answer("停止")

    seen = log.getvalue() + "".join(capsys.readouterr())
    assert "feedback" in seen
    assert NUMBER[1:] not in seen
    assert "停止" not in seen


# What is refused at once.


@pytest.mark.parametrize(("code", "expected"), [(21614, "suspended"), (21610, "stopped")])
def test_whom_twilio_refuses_for_good_is_stopped_at_once(
    world: World, code: int, expected: str
) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.fail(provider="twilio", kind="refused", code=code)

    world.day()

    assert (world.sums().gone, world.sums().codes) == (1, {str(code): 1})
    assert standing(world) == expected


def test_a_refusal_of_the_text_stops_nobody(world: World) -> None:
    world.add(pregnant(1, Channel.SMS))
    world.fail(provider="twilio", kind="refused", code=21617)

    world.day()

    assert (world.sums().refused, standing(world)) == (1, "active")


def job_of(world: World) -> Job:
    found = world.store.ledger.job(JOB)
    assert found is not None
    return found


def test_a_second_sms_for_one_reader_is_seen_and_counted_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sent_one(world)
    tell(world, "sent")
    assert '"Repeated":[1.0]' not in capsys.readouterr().out

    for name in ("sent", "delivered"):
        tell(world, name, sid="SM-another")

    assert job_of(world).repeats == {"SM-another"}
    assert capsys.readouterr().out.count('"Repeated":[1.0]') == 1


def test_a_callback_about_an_sms_whose_answer_was_lost_settles_it_though_the_list_is_empty(
    world: World,
) -> None:
    """Without it, Twilio's list would lack the SMS for two minutes and another would go out."""
    world.add(pregnant(1, Channel.SMS))
    world.fail(provider="twilio", kind="disconnect", times=1, after=True)
    world.tick()
    world.work()
    (sms,) = world.sent()
    world.fail(provider="twilio", kind="not_listed", operation="list", times=9)

    tell(world, "sent", sid=sms.provider_id)
    world.day(TEN + timedelta(minutes=15))

    assert world.sums().accepted == 1
    assert world.sent() == [sms]
    assert job_of(world).repeats == frozenset()


# A number that has passed to somebody else.


@pytest.mark.parametrize(
    "body",
    [
        "だれですか",
        "誰ですか？",
        "どなたですか。",
        "どちら様でしょうか",
        "人違いです",
        "番号違いです",
        "番号を間違えています",
        "身に覚えがありません",
        "Who is this?",
        "Wrong number",
        "ひとちがい",
    ],
)
def test_whoever_does_not_know_us_ends_what_was_sent_there(world: World, body: str) -> None:
    sent_one(world)
    before = person(world)

    assert answer(body)["statusCode"] == 200

    assert standing(world) is Status.SUSPENDED
    assert person(world).generation == before.generation + 1, "no link of before opens anything"
    assert list(world.store.offers) == []
    world.day(TEN + timedelta(days=1))
    assert len(world.sent()) == 1


@pytest.mark.parametrize(
    "body",
    [
        *("ありがとう", "だれかに相談したいです", "主人が誰ですかと聞いています", "違います"),
        *("予定日が違います", "この番号は夫の番号です", "who", ""),
    ],
)
def test_any_other_answer_ends_nothing(world: World, body: str) -> None:
    sent_one(world)

    assert answer(body)["statusCode"] == 200

    assert standing(world) is Status.ACTIVE
