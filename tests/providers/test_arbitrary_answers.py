"""Whatever a provider answers, in whatever shape: no call raises what it does not promise, nothing
is taken for accepted that may not have been, and nothing of the answer is kept or told.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.line.channel import LineChannel, RefusedByLineError
from functions.email import ses
from functions.email.bulk import send_bulk
from functions.line.chat.event import USER_ID
from functions.line.line_api import Credentials as LineCredentials
from functions.line.line_api import LineApi
from functions.line.login.api import LoginApi, LoginUnreachableError, NotVerifiedError
from functions.line.sending import send_text
from functions.sms.twilio_api import Credentials as TwilioCredentials
from functions.sms.twilio_api import TwilioApi
from shared.providers.http import run
from shared.rules.outcomes import Outcome, Result
from tests.email.conftest import client, wire
from tests.local.wire import Answer, Wire

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

__all__ = ["client", "wire"]

CODE = re.compile(r"[A-Za-z0-9_]{1,80}")
ID = re.compile(r"[0-9A-Za-z-]{1,64}")
THREE = [f"U{n:032x}" for n in range(3)]
DEEP = b'{"details":' + b"[" * 100_000
DIGITS = b'{"code":' + b"9" * 5_000 + b"}"
NOT_UTF_8, HALF_A_CHARACTER = b'{"message":"\xff"}', b'{"sid":"\\ud800"}'

NAMES = st.sampled_from(
    [
        *("access_token", "id_token", "sub", "message", "details", "property", "sid", "code"),
        *("messages", "body", "date_created", "richmenus", "richMenuId", "name", "success"),
        *("reason", "statusCode", "BulkEmailEntryResults", "Status", "MessageId", "title"),
        *("type", "status", "meta", "key", "__type", "Error", "next_page_uri"),
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["a\r\nX: y", "to[99999999999999999999]", "to", "SUCCESS", "SM1", THREE[0]]),
)
JSON = st.recursive(
    VALUES,
    lambda some: st.lists(some) | st.dictionaries(NAMES, some) | st.dictionaries(NAMES, VALUES),
)
BODIES = st.one_of(
    st.binary(),
    st.sampled_from([DEEP, DIGITS, NOT_UTF_8, HALF_A_CHARACTER, b"null", b"[]", b"{}"]),
    st.dictionaries(NAMES, JSON).map(lambda found: json.dumps(found).encode()),
    JSON.map(lambda found: json.dumps(found).encode()),
)
STATUSES = st.sampled_from([200, 201, 202, 302, 400, 401, 403, 404, 409, 413, 429, 500, 503])
ANSWERS = st.builds(
    Answer,
    STATUSES,
    BODIES,
    st.fixed_dictionaries({}, optional={"x-line-request-id": st.text("ab \x01é", max_size=70)}),
)

arbitrary = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def told(call: Callable[[], object], *errors: type[Exception]) -> object:
    """What a call comes to, or the words of the error that it promises."""
    try:
        return call()
    except errors as error:
        return str(error)


def check(found: list[Outcome], count: int, answer: Answer, accepted: set[int]) -> None:
    assert len(found) == count
    for each in found:
        assert each.code is None or CODE.fullmatch(each.code)
        if each.result is Result.ACCEPTED:
            assert answer.status in accepted
            assert isinstance(json.loads(answer.data()), dict)
        if answer.status >= 500:
            assert each.result is Result.UNKNOWN


@arbitrary
@given(answer=ANSWERS)
def test_a_message_on_line(wire: Wire, answer: Answer) -> None:
    token = Answer(body={"access_token": "a-token"})
    wire.by_path, wire.answers = {"/oauth2/v3/token": token}, [answer]
    api = LineApi(wire.url, LineCredentials("2001234567", "a secret"))

    for to in (THREE[:1], THREE):
        found = run(send_text(api, to, "こんにちは", "a key"))

        check(found, len(to), answer, {200, 409})
        assert all(each.provider_id is None or ID.fullmatch(each.provider_id) for each in found)


@arbitrary
@given(answer=ANSWERS)
def test_a_token_of_line(wire: Wire, answer: Answer) -> None:
    wire.answers = [answer]
    api = LineApi(wire.url, LineCredentials("2001234567", "a secret"))

    (found,) = run(send_text(api, THREE[:1], "こんにちは", "a key"))

    if len(wire.sent) == 1:  # it got no further
        assert (found.result, found.for_all) == (Result.TRY_AGAIN, True)
    wire.sent.clear()
    problem = run(api.reply("a reply token", []))
    assert problem is None or CODE.fullmatch(problem)


@arbitrary
@given(answer=ANSWERS)
def test_who_came_back_from_line_login(wire: Wire, answer: Answer) -> None:
    good = Answer(body={"id_token": "an.id.token"})
    for answers in ([answer], [good, answer]):
        wire.answers = answers
        login = LoginApi("https://line.example", wire.url, "2001234567", "a secret")
        found = told(
            partial(login.who, "a-code", redirect="https://x", nonce="n"),
            NotVerifiedError,
            LoginUnreachableError,
        )
        assert found == "" or USER_ID.fullmatch(str(found))


@arbitrary
@given(code=st.text(st.characters(exclude_categories=())))
def test_a_code_that_came_back_through_the_browser(code: str) -> None:
    login = LoginApi("https://line.example", "http://127.0.0.1:9", "2001234567", "a secret")

    with pytest.raises((NotVerifiedError, LoginUnreachableError)):
        login.who(code, redirect="https://x", nonce="n")


@arbitrary
@given(answer=ANSWERS)
def test_the_settings_of_a_line_channel(wire: Wire, answer: Answer) -> None:
    token = Answer(body={"access_token": "a-token"})
    wire.by_path, wire.answers = {"/oauth2/v3/token": token}, [answer]
    api = LineApi(wire.url, LineCredentials("2001234567", "a secret"))
    channel = LineChannel(api, wire.url)

    menu = told(lambda: channel.set_menu(b"a picture"), RefusedByLineError)
    webhook = told(lambda: channel.set_webhook("https://kizuna.example.jp/x"), RefusedByLineError)
    assert str(menu).isprintable()
    assert str(webhook).isprintable()


@arbitrary
@given(answer=ANSWERS)
def test_an_sms(wire: Wire, answer: Answer) -> None:
    wire.answers = [answer]
    api = TwilioApi(wire.url, TwilioCredentials("AC" + "0" * 32, "a token", "+815012345678"))

    found = run(api.create(to="+819012345678", body="本文", validity_seconds=60))

    check([found], 1, answer, {200, 201, 202})
    assert found.provider_id is None or ID.fullmatch(found.provider_id)


@arbitrary
@given(answer=ANSWERS)
def test_the_list_of_sms(wire: Wire, answer: Answer) -> None:
    wire.answers = [answer]
    api = TwilioApi(wire.url, TwilioCredentials("AC" + "0" * 32, "a token", "+815012345678"))

    def ask() -> str | None:
        asked = {"to": "+819012345678", "containing": "", "since": datetime.now(UTC)}
        return run(api.accepted_since(**asked))

    found = told(ask, OSError)

    assert found in (None, "Twilio's list could not be read") or ID.fullmatch(str(found))


@arbitrary
@given(answer=ANSWERS)
def test_mails(wire: Wire, client: "SESV2Client", answer: Answer) -> None:
    wire.answers = [answer]
    sender = {"sender": "a@example.jp", "configuration_set": "messages"}

    found = run(send_bulk(client, entries=[{}, {}], **sender))
    notice = ses.send_notice(client, to="b@example.jp", subject="題", text="本文", **sender)

    check(found, 2, answer, {200, 201, 202})
    check([notice], 1, answer, {200, 201, 202})
