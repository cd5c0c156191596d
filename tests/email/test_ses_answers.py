"""What SES answers to a bulk call, and what it means for each recipient."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from functions.email import ses
from functions.email.bulk import send_bulk
from shared.providers.http import run
from shared.rules.outcomes import UNKNOWN, Outcome, Result
from tests.email.conftest import a_client
from tests.local.wire import Answer, Wire, nobody_listens

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BulkEmailEntryTypeDef

STATUSES = {
    "SUCCESS": Result.ACCEPTED,
    "MESSAGE_REJECTED": Result.REFUSED,
    "INVALID_PARAMETER": Result.REFUSED,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": Result.TRY_AGAIN,
    "CONFIGURATION_SET_NOT_FOUND": Result.TRY_AGAIN,
    "TEMPLATE_NOT_FOUND": Result.TRY_AGAIN,
    "ACCOUNT_SUSPENDED": Result.TRY_AGAIN,
    "ACCOUNT_THROTTLED": Result.TRY_AGAIN,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": Result.REFUSED,
    "INVALID_SENDING_POOL_NAME": Result.TRY_AGAIN,
    "ACCOUNT_SENDING_PAUSED": Result.TRY_AGAIN,
    "CONFIGURATION_SET_SENDING_PAUSED": Result.TRY_AGAIN,
    "TRANSIENT_FAILURE": Result.TRY_AGAIN,
    "FAILED": Result.TRY_AGAIN,
}
CONCERNS_ONE = {"TRANSIENT_FAILURE", "FAILED", "BadRequestException", "MessageRejected"}
"""What is tried again and may be the fault of one entry; all else is so for everybody."""

QUOTA = Outcome(Result.REFUSED, "daily_quota", for_all=True)

THREE = [f"hanako{n}@example.jp" for n in range(3)]


def send(client: "SESV2Client", *to: str) -> list[Outcome]:
    entries: list[BulkEmailEntryTypeDef] = [{"Destination": {"ToAddresses": [each]}} for each in to]
    sender = {"sender": "a@example.jp", "configuration_set": "kizuna-messages"}
    return run(send_bulk(client, entries=entries, **sender))


def results(*statuses: str) -> Answer:
    return Answer(
        body={
            "BulkEmailEntryResults": [
                {"Status": status, "MessageId": f"id-{n}"}
                if status == "SUCCESS"
                else {"Status": status, "Error": "because"}
                for n, status in enumerate(statuses)
            ]
        }
    )


@pytest.mark.parametrize(("status", "result"), STATUSES.items())
def test_each_status_of_an_entry_has_its_meaning(
    wire: Wire, client: "SESV2Client", status: str, result: Result
) -> None:
    wire.answers = [results(status)]

    (outcome,) = send(client, "hanako@example.jp")

    if result is Result.ACCEPTED:
        assert outcome == Outcome(Result.ACCEPTED, None, "id-0")
    elif status == "ACCOUNT_DAILY_QUOTA_EXCEEDED":
        assert outcome == QUOTA
    else:
        for_all = result is Result.TRY_AGAIN and status not in CONCERNS_ONE
        assert outcome == Outcome(result, status, for_all=for_all)


def test_every_status_that_the_api_model_knows_has_a_meaning() -> None:
    model = ServiceModel(Loader().load_service_model("sesv2", "service-2"))

    known = set(model.shape_for("BulkEmailStatus").metadata["enum"])

    assert known == set(STATUSES) == set(ses.ENTRY_RESULTS)


def test_a_status_that_nobody_knows_is_tried_again_under_its_name(
    wire: Wire, client: "SESV2Client"
) -> None:
    wire.answers = [results("MOON_IN_THE_WRONG_HOUSE")]

    assert send(client, "hanako@example.jp") == [
        Outcome(Result.TRY_AGAIN, "MOON_IN_THE_WRONG_HOUSE", for_all=True)
    ]


def test_each_recipient_has_the_result_at_its_own_place(wire: Wire, client: "SESV2Client") -> None:
    wire.answers = [results("SUCCESS", "MESSAGE_REJECTED", "SUCCESS")]

    assert send(client, *THREE) == [
        Outcome(Result.ACCEPTED, None, "id-0"),
        Outcome(Result.REFUSED, "MESSAGE_REJECTED"),
        Outcome(Result.ACCEPTED, None, "id-2"),
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadRequestException"),
        (400, "MessageRejected"),
        (400, "ThrottlingException"),
        (400, "AccountSuspendedException"),
        (403, "UnrecognizedClientException"),
        (404, "NotFoundException"),
        (413, "RequestEntityTooLarge"),
        (429, "TooManyRequestsException"),
    ],
)
def test_a_call_that_ses_refused_is_tried_again_under_its_code(
    wire: Wire, client: "SESV2Client", status: int, code: str
) -> None:
    wire.answers = [Answer(status, {"message": "No."}, {"x-amzn-ErrorType": code})]

    for_all = code not in CONCERNS_ONE
    assert send(client, *THREE) == [Outcome(Result.TRY_AGAIN, code, for_all=for_all)] * 3
    assert len(wire.sent) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
@pytest.mark.parametrize("status", [400, 429])
@pytest.mark.parametrize(
    ("words", "for_each"),
    [
        ("Daily message quota exceeded.", lambda _: QUOTA),
        ("Daily message quota exceeded", lambda _: QUOTA),
        (
            "Maximum sending rate exceeded.",
            lambda code: Outcome(Result.TRY_AGAIN, code, for_all=True),
        ),
        ("Too many requests.", lambda code: Outcome(Result.TRY_AGAIN, code, for_all=True)),
    ],
)
def test_a_day_that_is_used_up_is_told_from_going_too_fast_by_the_words_alone(  # noqa: PLR0917
    wire: Wire,
    client: "SESV2Client",
    code: str,
    status: int,
    words: str,
    for_each: Callable[[str], Outcome],
) -> None:
    wire.answers = [Answer(status, {"message": words}, {"x-amzn-ErrorType": code})]

    assert send(client, *THREE) == [for_each(code)] * 3


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {"message": "Internal"}, {"x-amzn-ErrorType": "InternalServerError"}),
        Answer(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}),
        Answer(503, {"message": "Unavailable"}, {"x-amzn-ErrorType": "ServiceUnavailable"}),
        Answer(504, b""),
        Answer(200, b"<html>upstream</html>"),
        Answer(200, b""),
        Answer(200, {}),
        Answer(200, {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "only one"}]}),
        Answer(200, results("SUCCESS", "SUCCESS", "SUCCESS").body, cut=True),
        Answer(hang_up=True),
        Answer(never=True),
    ],
    ids=[
        "500",
        "502 without JSON",
        "503",
        "504 without a body",
        "200 without JSON",
        "200 without a body",
        "200 without results",
        "fewer results than entries",
        "cut in the middle",
        "hung up",
        "no answer in time",
    ],
)
def test_an_unclear_answer_means_unknown_and_the_call_was_made_once(
    wire: Wire, client: "SESV2Client", answer: Answer
) -> None:
    wire.answers = [answer]

    assert send(client, *THREE) == [UNKNOWN] * 3
    assert len(wire.sent) == 1


def test_where_nobody_listens_nothing_was_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client(nobody_listens(), monkeypatch)

    assert send(client, *THREE) == [Outcome(Result.TRY_AGAIN, "not_connected", for_all=True)] * 3
    client.close()
