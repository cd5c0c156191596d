"""What LINE answers to a message, and what it means for each recipient."""

from collections.abc import Iterator

import pytest

from functions.line.line_api import Credentials, LineApi
from functions.line.sending import send_text
from shared.providers import http as providers_http
from shared.providers.http import run
from shared.rules.outcomes import UNKNOWN, Outcome, Result
from tests.local.wire import Answer, Wire, nobody_listens

TOKEN_PATH = "/oauth2/v3/token"
MULTICAST_PATH = "/v2/bot/message/multicast"
TOKEN = Answer(body={"token_type": "Bearer", "access_token": "a-token", "expires_in": 900})
KEY = "123e4567-e89b-12d3-a456-426614174000"
THREE = [f"U{n:032x}" for n in range(3)]

RATE = "The API rate limit has been exceeded. Try again later."
MONTH = "You have reached your monthly limit."
BUSY = "Too many requests are being processed for this account."

BESIDE = Outcome(Result.TRY_AGAIN, "beside_bad_user_id")
BAD_USER = Outcome(Result.REFUSED, "bad_user_id")
BAD_TEXT = Outcome(Result.REFUSED, "bad_request")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers_http, "ANSWER_SECONDS", 0.5)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire(by_path={TOKEN_PATH: TOKEN}) as listening:
        yield listening


def send(url: str, to: list[str] = THREE) -> list[Outcome]:
    api = LineApi(url, Credentials("2001234567", "a channel secret"))
    return run(send_text(api, to, "こんにちは", KEY))


def bad(*properties: str) -> Answer:
    details = [{"message": "May not be empty", "property": each} for each in properties]
    return Answer(400, {"message": "The request body has errors", "details": details})


def all_three(result: Result, code: str | None = None, request: str | None = None) -> list[Outcome]:
    """The same for all three; what LINE takes from nobody now is so for everybody."""
    return [Outcome(result, code, request, for_all=result is Result.TRY_AGAIN)] * 3


ANSWERS = [
    ("200", Answer(200, {}, {"x-line-request-id": "r1"}), all_three(Result.ACCEPTED, None, "r1")),
    ("200 without JSON", Answer(200, b"<html>", {"x-line-request-id": "r1"}), [UNKNOWN] * 3),
    (
        "409: accepted before, under the id of then",
        Answer(
            409,
            {"message": "The retry key is already accepted"},
            {"x-line-request-id": "r2", "x-line-accepted-request-id": "r1"},
        ),
        all_three(Result.ACCEPTED, None, "r1"),
    ),
    ("429: too fast", Answer(429, {"message": RATE}), all_three(Result.TRY_AGAIN, "429")),
    (
        "429: the month",
        Answer(429, {"message": MONTH}),
        [Outcome(Result.REFUSED, "monthly_limit", for_all=True)] * 3,
    ),
    ("429: slow down", Answer(429, {"message": BUSY}), all_three(Result.TRY_AGAIN, "429")),
    ("429 without words", Answer(429, b""), all_three(Result.TRY_AGAIN, "429")),
    ("400 names one", bad("to[1]"), [BESIDE, BAD_USER, BESIDE]),
    ("400 names two", bad("to[0]", "to[2]"), [BAD_USER, BESIDE, BAD_USER]),
    (
        "400 names one and the text",
        bad("to[1]", "messages[0].text"),
        [BESIDE, BAD_USER, BESIDE],
    ),
    ("400 names all at once", bad("to"), [BAD_USER] * 3),
    ("400 names the text", bad("messages[0].text"), [BAD_TEXT] * 3),
    ("400 names nothing", Answer(400, {"message": "Bad"}), [BAD_TEXT] * 3),
    ("400 without JSON", Answer(400, b"<html>"), [UNKNOWN] * 3),
    ("400 with odd details", Answer(400, {"details": "to[1]"}), [UNKNOWN] * 3),
    ("401", Answer(401, {"message": "no"}), all_three(Result.TRY_AGAIN, "401")),
    ("403", Answer(403, {"message": "no"}), all_three(Result.TRY_AGAIN, "403")),
    ("404", Answer(404, {"message": "no"}), all_three(Result.TRY_AGAIN, "404")),
    ("413", Answer(413, {"message": "no"}), all_three(Result.TRY_AGAIN, "413")),
    ("500", Answer(500, {"message": "Internal server error"}), [UNKNOWN] * 3),
    ("502", Answer(502, b"<html>Bad Gateway</html>"), [UNKNOWN] * 3),
    ("503", Answer(503, b""), [UNKNOWN] * 3),
    ("hung up", Answer(hang_up=True), [UNKNOWN] * 3),
    ("no answer in time", Answer(never=True), [UNKNOWN] * 3),
    ("cut in the middle", Answer(200, {"more": "of this"}, cut=True), [UNKNOWN] * 3),
]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [each[1:] for each in ANSWERS],
    ids=[each[0] for each in ANSWERS],
)
def test_each_answer_has_its_meaning_and_the_message_was_posted_once(
    wire: Wire, answer: Answer, expected: list[Outcome]
) -> None:
    wire.answers = [answer]

    assert send(wire.url) == expected
    assert len(wire.sent_to(MULTICAST_PATH)) == 1


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (Answer(400, {"error": "invalid_client"}), "no_token_400"),
        (Answer(401, {"access_token": "not for you"}), "no_token_401"),
        (Answer(429, {"message": RATE}), "no_token_429"),
        (Answer(500, b""), "no_token_500"),
        (Answer(200, b"<html>"), "no_token_200"),
        (Answer(200, {"access_token": None}), "no_token_200"),
        (Answer(200, {"access_token": "a-token\r\nX-Line-Retry-Key: b"}), "no_token_200"),
        (Answer(hang_up=True), "no_token_unreachable"),
        (Answer(never=True), "no_token_unreachable"),
    ],
    ids=[
        "400",
        "401",
        "429",
        "500",
        "no JSON",
        "no token in it",
        "a line break",
        "hung up",
        "no answer in time",
    ],
)
def test_without_a_token_nothing_is_posted_and_all_are_tried_again(
    wire: Wire, token: Answer, code: str
) -> None:
    wire.by_path[TOKEN_PATH] = token

    assert send(wire.url) == all_three(Result.TRY_AGAIN, code)
    assert wire.sent_to(MULTICAST_PATH) == []


def test_where_nobody_listens_nothing_was_accepted() -> None:
    assert send(nobody_listens()) == all_three(Result.TRY_AGAIN, "no_token_unreachable")


def test_where_nobody_listens_any_more_nothing_was_accepted(wire: Wire) -> None:
    wire.answers = [Answer()]
    api = LineApi(wire.url, Credentials("2001234567", "a channel secret"))
    run(send_text(api, THREE, "こんにちは", KEY))
    wire.stop()

    answer = run(send_text(api, THREE, "こんばんは", KEY))

    assert answer == all_three(Result.TRY_AGAIN, "not_connected")
