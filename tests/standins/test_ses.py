"""SES v2 through the real boto3 client: what passes, what is refused, and in which words."""

import json

import pytest

from tests.standins.ses_calls import SENDER, content, entry, refusal, send, statuses


def test_a_bulk_email_is_rendered_and_kept_with_its_headers_and_tags(ses, control):
    header = {"Name": "List-Unsubscribe", "Value": "<https://kizuna.example.jp/u/1>"}
    results = send(
        ses,
        entry(
            ReplacementHeaders=[header],
            ReplacementTags=[{"Name": "batch", "Value": "b-1"}],
        ),
    )
    (kept,) = control("GET", "sent?channel=email")
    assert results == [{"Status": "SUCCESS", "MessageId": kept["provider_id"]}]
    assert (kept["subject"], kept["text"]) == ("32週4日", "本文")
    assert kept["html"] == "<p>本文 & more</p>"
    assert kept["headers"] == {"From": SENDER, header["Name"]: header["Value"]}
    assert kept["tags"] == {"batch": "b-1"}
    assert (kept["sender"], kept["recipient"]) == (SENDER, "hanako@example.com")


def test_results_come_in_the_order_of_the_entries_and_one_bad_address_fails_alone(ses, control):
    results = send(ses, entry("a@example.com"), entry("花子@example.com"), entry("b@example.com"))
    assert statuses(results) == ["SUCCESS", "INVALID_PARAMETER", "SUCCESS"]
    assert [m["recipient"] for m in control("GET", "sent")] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize(
    "address",
    ["花子@example.com", "hanako@例え.jp", "hanako", "a b@example.com", ".a@example.com", "a@b"],
)
def test_an_address_that_smtp_cannot_carry_is_refused(ses, address):
    assert statuses(send(ses, entry(address))) == ["INVALID_PARAMETER"]


def test_fifty_entries_pass_and_fifty_one_do_not(ses, control):
    entries = [entry(f"a{number}@example.com") for number in range(51)]
    assert statuses(send(ses, *entries[:50])) == ["SUCCESS"] * 50
    assert refusal(send, ses, *entries)[0] == "BadRequestException"
    assert refusal(send, ses)[0] == "BadRequestException"
    assert control("GET", "counts")["sent"] == {"email": 50}


def test_template_data_may_have_262144_characters_and_no_more(ses):
    room = 262_144 - len(json.dumps({"subject": "", "text": "", "html": ""}))
    fits = entry(data={"subject": "", "html": "", "text": "a" * room})
    over = entry(data={"subject": "", "html": "", "text": "a" * (room + 1)})
    assert statuses(send(ses, fits)) == ["SUCCESS"]
    code, message = refusal(send, ses, over)
    assert code == "BadRequestException"
    assert "262144" in message


def test_a_missing_variable_is_accepted_but_never_arrives(ses, control):
    only_subject = {"ReplacementTemplate": {"ReplacementTemplateData": '{"subject": "a"}'}}
    results = send(ses, {**entry(), "ReplacementEmailContent": only_subject})
    assert statuses(results) == ["SUCCESS"]
    assert control("GET", "sent") == []
    assert control("GET", "counts")["incidents"] == {"rendering_failure": 1}


def test_a_default_value_stands_in_for_a_missing_variable(ses, control):
    defaults = content(TemplateData=json.dumps({"subject": "d", "text": "d", "html": "d"}))
    given = {"ReplacementTemplate": {"ReplacementTemplateData": '{"subject": "own"}'}}
    send(ses, {**entry(), "ReplacementEmailContent": given}, DefaultContent=defaults)
    (kept,) = control("GET", "sent")
    assert (kept["subject"], kept["text"]) == ("own", "d")


def test_data_that_are_no_json_object_fail_their_entry(ses):
    broken = {"ReplacementTemplate": {"ReplacementTemplateData": "[1]"}}
    results = send(ses, {**entry(), "ReplacementEmailContent": broken})
    assert statuses(results) == ["INVALID_PARAMETER"]


HEADERS = {
    "sixteen": [{"Name": f"X-{n}", "Value": "v"} for n in range(16)],
    "a Japanese value": [{"Name": "X-A", "Value": "件名"}],
    "a colon in the name": [{"Name": "X:A", "Value": "v"}],
    "a line break": [{"Name": "X-A", "Value": "a\r\nBcc: b@example.com"}],
    "996 characters": [{"Name": "X", "Value": "v" * 996}],
    "997 with the name": [{"Name": "XX", "Value": "v" * 995}],
    "one that SES sets": [{"Name": "Subject", "Value": "v"}],
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_headers_that_ses_would_not_take_refuse_the_call(ses, control, headers):
    assert refusal(send, ses, entry(ReplacementHeaders=headers))[0] == "BadRequestException"
    assert control("GET", "sent") == []


def test_fifteen_headers_of_full_length_pass(ses):
    headers = [{"Name": f"X-{n:02}", "Value": "v" * 992} for n in range(15)]
    assert statuses(send(ses, entry(ReplacementHeaders=headers))) == ["SUCCESS"]


@pytest.mark.parametrize("value", ["", "あ", "a b", "a.b", "a" * 257])
def test_tags_are_letters_digits_and_two_signs(ses, value):
    tags = [{"Name": "batch", "Value": value}]
    assert refusal(send, ses, entry(ReplacementTags=tags))[0] == "BadRequestException"


def test_only_verified_domains_and_those_below_them_may_send(ses):
    code, message = refusal(send, ses, entry(), FromEmailAddress="a@other.example.jp")
    assert (code, "not verified" in message) == ("MessageRejected", True)
    below = send(ses, entry(), FromEmailAddress="a@mail.asunaro.example.jp")
    assert statuses(below) == ["SUCCESS"]


def test_a_japanese_sender_name_must_be_a_mime_encoded_word(ses):
    plain = f"あすなろ市 <{SENDER}>"
    assert refusal(send, ses, entry(), FromEmailAddress=plain)[0] == "BadRequestException"
    encoded = f"=?utf-8?b?44GC?= <{SENDER}>"
    assert statuses(send(ses, entry(), FromEmailAddress=encoded)) == ["SUCCESS"]


def test_an_unknown_configuration_set_is_not_found(ses, configure):
    configure("ses", configuration_sets=["kizuna"])
    assert statuses(send(ses, entry(), ConfigurationSetName="kizuna")) == ["SUCCESS"]
    code, _ = refusal(send, ses, entry(), ConfigurationSetName="typo")
    assert code == "NotFoundException"


def test_a_template_that_asks_for_more_than_variables_is_refused(ses):
    logic = content(text="{{#if a}}b{{/if}}")
    assert refusal(send, ses, entry(), DefaultContent=logic)[0] == "BadRequestException"
    stored = {"Template": {"TemplateName": "welcome", "TemplateData": "{}"}}
    assert refusal(send, ses, entry(), DefaultContent=stored)[0] == "NotFoundException"


def test_a_misspelt_member_is_refused(standins, http):
    body = {"FromEmailAddress": SENDER, "DefaultContent": content(), "BulkEmailEntrys": []}
    answer = http.request(
        "POST",
        f"{standins.url}/v2/email/outbound-bulk-emails",
        body=json.dumps(body),
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=x"},
    )
    assert answer.status == 400
    assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert "BulkEmailEntrys" in answer.json()["message"]


def test_an_unsigned_call_is_refused(standins, http):
    answer = http.request("GET", f"{standins.url}/v2/email/account")
    assert answer.status == 403


def simple(**more):
    body = {
        "Text": {"Data": "本文", "Charset": "UTF-8"},
        "Html": {"Data": "<p>本文</p>", "Charset": "UTF-8"},
    }
    return {"Simple": {"Subject": {"Data": "題", "Charset": "UTF-8"}, "Body": body, **more}}


def test_a_single_email_is_kept_as_it_was_written(ses, control):
    headers = [{"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"}]
    answer = ses.send_email(
        FromEmailAddress=SENDER,
        ReplyToAddresses=["office@example.jp"],
        Destination={"ToAddresses": ["hanako@example.com"]},
        Content=simple(Headers=headers),
        EmailTags=[{"Name": "batch", "Value": "b-2"}],
    )
    (kept,) = control("GET", "sent")
    assert kept["provider_id"] == answer["MessageId"]
    assert (kept["subject"], kept["text"], kept["html"]) == ("題", "本文", "<p>本文</p>")
    assert kept["headers"]["Reply-To"] == "office@example.jp"
    assert kept["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert kept["tags"] == {"batch": "b-2"}


def test_a_single_email_to_a_wrong_address_or_with_no_charset_is_refused(ses):
    no_charset = {"Simple": {"Subject": {"Data": "題"}, "Body": {"Text": {"Data": "t"}}}}
    for to, body in (("花子@example.com", simple()), ("hanako@example.com", no_charset)):
        call = {"FromEmailAddress": SENDER, "Destination": {"ToAddresses": [to]}, "Content": body}
        assert refusal(ses.send_email, **call)[0] == "BadRequestException"


def test_the_quota_is_told_and_counts_recipients(ses, configure):
    configure("ses", max_send_rate=14, max_24_hours=200)
    send(ses, entry("a@example.com"), entry("b@example.com"))
    quota = ses.get_account()["SendQuota"]
    assert quota == {"Max24HourSend": 200.0, "MaxSendRate": 14.0, "SentLast24Hours": 2.0}


def test_more_recipients_a_second_than_allowed_are_throttled(ses, configure, control):
    configure("ses", max_send_rate=2)
    entries = [entry(f"a{number}@example.com") for number in range(50)]
    assert statuses(send(ses, *entries)) == ["SUCCESS"] * 50  # the last second may be overdrawn
    assert refusal(send, ses, entry()) == ("ThrottlingException", "Maximum sending rate exceeded.")
    assert control("GET", "counts")["sent"] == {"email": 50}


def test_the_throttle_can_carry_the_name_that_is_seen_in_the_wild(ses, configure):
    configure("ses", max_send_rate=1, throttle_error="TooManyRequestsException")
    send(ses, entry(), entry())
    assert refusal(send, ses, entry())[0] == "TooManyRequestsException"


def test_the_daily_quota_ends_the_day(ses, configure):
    configure("ses", max_24_hours=2)
    send(ses, entry(), entry("b@example.com"))
    assert refusal(send, ses, entry()) == ("ThrottlingException", "Daily message quota exceeded.")


def test_bulk_calls_a_second_can_be_limited(ses, configure):
    configure("ses", max_bulk_calls_per_second=1)
    send(ses, entry())
    assert refusal(send, ses, entry())[0] == "TooManyRequestsException"
