"""A message as LINE gets it: the letters go in, the request comes out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import pytest

from functions.line import line_api
from functions.line.line_api import TEXT_LIMIT, Credentials, LineApi
from functions.line.sender import LineSender
from shared.delivery.sender import Addressed
from shared.letterhead import Letterhead
from shared.office.texts import LONGEST_TEXT_UNITS
from shared.providers.http import run
from shared.rules.outcomes import UNKNOWN, Outcome, Result
from shared.rules.stage import Phase
from shared.rules.subscriber import Language
from shared.rules.text import Text
from tests.email.letters import frozen, letter, unhurried
from tests.line.test_line_answers import KEY, MULTICAST_PATH, TOKEN, TOKEN_PATH, bad
from tests.local.wire import Answer, Wire
from tests.standins.openapi import problems
from tests.world import TEN

PUSH_PATH = "/v2/bot/message/push"
MESSAGING, TOKENS = "line-messaging-api.yml", "line-channel-access-token.yml"
USERS = [f"U{n:032x}" for n in range(500)]
FOOTER = (
    "――\n文京区\nきずな事務局がお届けしています。\n"
    "お問い合わせ: office@kizuna.example.jp\n"
    "このアカウントをブロックすると、配信は止まります。"
)


PAGE = {
    "type": "postback",
    "label": "登録の確認・変更",
    "data": "v=1&do=page",
    "displayText": "登録の確認・変更",
}
STOP = {
    "type": "postback",
    "label": "配信を止める",
    "data": "v=1&do=stop",
    "displayText": "配信を止める",
}
BIRTH = {
    "type": "postback",
    "label": "出産の登録",
    "data": "v=1&do=birth",
    "displayText": "出産の登録",
}


def message(text: str, *actions: dict[str, str]) -> dict[str, object]:
    """A text with quick replies, as LINE is given it."""
    items = [{"type": "action", "action": each} for each in actions]
    return {"type": "text", "text": text, "quickReply": {"items": items}}


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire([Answer()], by_path={TOKEN_PATH: TOKEN}) as listening:
        yield listening


@pytest.fixture
def api(wire: Wire) -> LineApi:
    return LineApi(f"{wire.url}/", Credentials("2001234567", "secret&more"))


@pytest.fixture
def sender(api: LineApi) -> LineSender:
    return a_sender(api)


def a_sender(api: LineApi, account: str = "文京区") -> LineSender:
    head = Letterhead("きずな事務局", "office@kizuna.example.jp")
    return LineSender(api, account=account, letterhead=head, rate_limit=unhurried())


def post(sender: LineSender, *letters: Addressed, key: str = KEY) -> None:
    """Freeze and send a call, with its payload as the ledger gives it back."""
    (call,) = sender.calls(letters)
    payload = json.loads(json.dumps(call.payload))
    run(sender.send(frozen(*letters, payload=payload, key=key), call))


def test_one_reader_is_pushed_to(wire: Wire, sender: LineSender) -> None:
    post(sender, letter("s1", USERS[1], own="教室のお知らせです。"))

    (sent,) = wire.sent_to(PUSH_PATH)
    text = (
        "32週0日\n\nむくみやすい頃です。\n無理をせずに。\n\n"
        f"（文京区より）\n教室のお知らせです。\n\n{FOOTER}"
    )
    assert sent.json() == {"to": USERS[1], "messages": [message(text, PAGE, STOP)]}
    assert (sent.method, sent.headers["Content-Type"]) == ("POST", "application/json")
    assert wire.sent_to(MULTICAST_PATH) == []


def test_several_readers_of_one_text_are_one_multicast(wire: Wire, sender: LineSender) -> None:
    post(sender, letter("s1", USERS[1]), letter("s2", USERS[2]))

    (sent,) = wire.sent_to(MULTICAST_PATH)
    text = f"32週0日\n\nむくみやすい頃です。\n無理をせずに。\n\n{FOOTER}"
    expected = {"to": [USERS[1], USERS[2]], "messages": [message(text, PAGE, STOP)]}
    assert sent.json() == expected
    assert wire.sent_to(PUSH_PATH) == []


TEXT = Text("題", "本文です。", "お知らせ")
PROMPT = "出産の登録は、下のボタンか、このトークに「出産」と送るとできます。"


@pytest.mark.parametrize("day", [280, 293])
def test_from_40w0d_on_a_message_carries_a_neutral_way_to_register_a_birth(
    wire: Wire, sender: LineSender, day: int
) -> None:
    post(sender, letter("s1", USERS[1], day=day, text=TEXT))

    (sent,) = wire.sent_to(PUSH_PATH)
    text = f"題\n\n本文です。\n\n{PROMPT}\n\n{FOOTER}"
    assert sent.json()["messages"] == [message(text, BIRTH, PAGE, STOP)]


@pytest.mark.parametrize(("phase", "day"), [(Phase.PREGNANCY, 279), (Phase.CHILDCARE, 280)])
def test_neither_before_nor_after_a_birth_anything_is_said_of_it(
    wire: Wire, sender: LineSender, phase: Phase, day: int
) -> None:
    post(sender, letter("s1", USERS[1], phase=phase, day=day, text=TEXT))

    (sent,) = wire.sent_to(PUSH_PATH)
    assert sent.json()["messages"] == [message(f"題\n\n本文です。\n\n{FOOTER}", PAGE, STOP)]


def test_the_same_text_with_and_without_the_way_to_register_goes_in_two_calls(
    sender: LineSender,
) -> None:
    letters = [letter(f"s{n}", USERS[n], day=day, text=TEXT) for n, day in enumerate((279, 280))]

    assert [len(call.recipients) for call in sender.calls(letters)] == [1, 1]


def test_what_stands_around_the_text_is_in_the_reader_s_language(
    wire: Wire, sender: LineSender
) -> None:
    japanese = letter("s1", USERS[1])
    english = replace(japanese, letter=replace(japanese.letter, language=Language.ENGLISH))

    assert len(sender.calls([japanese, english])) == 2
    post(sender, english)

    (sent,) = wire.sent_to(PUSH_PATH)
    (said,) = sent.json()["messages"]
    assert said["text"].endswith("If you block this account, the messages stop.")
    labels = [item["action"]["label"] for item in said["quickReply"]["items"]]
    assert labels == ["See or change", "Stop the messages"]


def test_the_first_request_already_carries_its_retry_key(wire: Wire, sender: LineSender) -> None:
    post(sender, letter("s1", USERS[1]))
    post(sender, letter("s1", USERS[1]), letter("s2", USERS[2]))

    for sent in (*wire.sent_to(PUSH_PATH), *wire.sent_to(MULTICAST_PATH)):
        assert UUID(sent.headers["X-Line-Retry-Key"]) == UUID(KEY)
        assert sent.headers["Authorization"] == "Bearer a-token"


def test_a_repeat_is_the_same_request_under_the_same_key(wire: Wire, sender: LineSender) -> None:
    letters = [letter("s1", USERS[1]), letter("s2", USERS[2])]
    (call,) = sender.calls(letters)
    batch = frozen(*letters, payload=call.payload, key=KEY)

    run(sender.send(batch, call))
    sender.settle(batch, now=TEN, sending=True)

    first, again = wire.sent_to(MULTICAST_PATH)
    assert (again.body, again.headers) == (first.body, first.headers)


def test_in_the_quiet_hours_nothing_is_repeated_and_it_stays_unknown(
    wire: Wire, sender: LineSender
) -> None:
    letters = [letter("s1", USERS[1]), letter("s2", USERS[2])]
    batch = frozen(*letters, payload=sender.calls(letters)[0].payload, key=KEY)

    assert sender.settle(batch, now=TEN.replace(hour=21), sending=False) == [UNKNOWN, UNKNOWN]
    assert wire.sent == []


ACCEPTED = Outcome(Result.ACCEPTED, None, "r1")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, {}, {"x-line-request-id": "r1"}), [ACCEPTED, ACCEPTED]),
        (Answer(409, {}, {"x-line-accepted-request-id": "r1"}), [ACCEPTED, ACCEPTED]),
        (
            bad("to[1]"),
            [
                Outcome(Result.TRY_AGAIN, "beside_bad_user_id"),
                Outcome(Result.REFUSED, "bad_user_id"),
            ],
        ),
        (bad("messages[0].text"), [Outcome(Result.REFUSED, "bad_request")] * 2),
        (Answer(429, {"message": "You have reached your monthly limit."}), [UNKNOWN] * 2),
        (Answer(429, {"message": "Try again later."}), [UNKNOWN] * 2),
        (Answer(401, {}), [UNKNOWN] * 2),
        (Answer(403, {}), [UNKNOWN] * 2),
        (Answer(500, {}), [UNKNOWN] * 2),
        (Answer(hang_up=True), [UNKNOWN] * 2),
    ],
    ids=["200", "409", "400 names one", "400", "month", "throttle", "401", "403", "500", "hung up"],
)
def test_a_repeat_decides_only_where_its_answer_tells_of_the_first_call(
    wire: Wire, sender: LineSender, answer: Answer, expected: list[Outcome]
) -> None:
    letters = [letter("s1", USERS[1]), letter("s2", USERS[2])]
    batch = frozen(*letters, payload=sender.calls(letters)[0].payload, key=KEY)
    wire.answers = [answer]

    assert sender.settle(batch, now=TEN, sending=True) == expected
    assert len(wire.sent_to(MULTICAST_PATH)) == 1


def test_the_requests_are_what_line_s_own_documents_describe(
    wire: Wire, sender: LineSender
) -> None:
    post(sender, letter("s1", USERS[0]))
    post(sender, *(letter(f"s{n}", user) for n, user in enumerate(USERS)))

    (push,), (multicast,) = wire.sent_to(PUSH_PATH), wire.sent_to(MULTICAST_PATH)
    assert problems(MESSAGING, "PushMessageRequest", push.json()) == []
    assert problems(MESSAGING, "MulticastRequest", multicast.json()) == []
    for sent in (push, multicast):
        (said,) = sent.json()["messages"]
        assert problems(MESSAGING, "TextMessage", said) == []
        for item in said["quickReply"]["items"]:
            assert problems(MESSAGING, "PostbackAction", item["action"]) == []
    assert problems(MESSAGING, "MulticastRequest", {**multicast.json(), "to": [*USERS, "U"]})
    assert len(multicast.json()["to"]) == sender.batch_size == 500
    assert len(multicast.body) < 2_000_000


def test_a_token_is_asked_for_as_line_s_own_document_describes(
    wire: Wire, sender: LineSender
) -> None:
    post(sender, letter("s1", USERS[0]))

    (asked,) = wire.sent_to(TOKEN_PATH)
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.form() == {
        "grant_type": "client_credentials",
        "client_id": "2001234567",
        "client_secret": "secret&more",
    }
    assert problems(TOKENS, "IssueStatelessChannelTokenByClientSecretRequest", asked.form()) == []


def test_a_token_is_asked_for_once_and_used_for_every_message(
    wire: Wire, sender: LineSender
) -> None:
    for number in range(3):
        post(sender, letter("s1", USERS[number]))

    assert len(wire.sent_to(TOKEN_PATH)) == 1
    assert len(wire.sent_to(PUSH_PATH)) == 3


def test_after_a_401_the_next_message_asks_for_another_token(
    wire: Wire, sender: LineSender
) -> None:
    wire.answers = [Answer(401, {"message": "Authentication failed"}), Answer()]
    post(sender, letter("s1", USERS[1]))
    wire.by_path[TOKEN_PATH] = Answer(body={**TOKEN.body, "access_token": "another"})

    post(sender, letter("s1", USERS[1]))
    post(sender, letter("s2", USERS[2]))

    assert len(wire.sent_to(TOKEN_PATH)) == 2
    used = [each.headers["Authorization"] for each in wire.sent_to(PUSH_PATH)]
    assert used == ["Bearer a-token", "Bearer another", "Bearer another"]


def clock_at(seconds: float) -> SimpleNamespace:
    """The module `time`, as far as the LINE calls need it, stopped."""
    return SimpleNamespace(monotonic=lambda: seconds)


@pytest.mark.parametrize(("minutes", "tokens"), [(13, 1), (14, 2), (15, 2)])
def test_a_token_is_not_used_to_the_end_of_its_fifteen_minutes(
    wire: Wire,
    sender: LineSender,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    tokens: int,
) -> None:
    monkeypatch.setattr(line_api, "time", clock_at(1_000.0))
    post(sender, letter("s1", USERS[1]))

    monkeypatch.setattr(line_api, "time", clock_at(1_000.0 + minutes * 60))
    post(sender, letter("s1", USERS[1]))

    assert len(wire.sent_to(TOKEN_PATH)) == tokens


LONGEST = "あ" * 1_000
LONGEST_OUTSIDE_THE_BMP = "𠮷" * 1_000
"""A kanji of two UTF-16 units, as it stands in names."""
FAMILIES = "👨\u200d👩\u200d👧\u200d👦" * 200
"""A person sees 200 characters, of eleven UTF-16 units each: as many as a text may have."""


@pytest.mark.parametrize(
    "text", [LONGEST, LONGEST_OUTSIDE_THE_BMP, FAMILIES], ids=["kana", "𠮷", "families"]
)
def test_the_longest_texts_fit_into_one_message(wire: Wire, api: LineApi, text: str) -> None:
    account = "市" * 100
    longest = letter(
        "s1",
        USERS[1],
        day=280,
        text=Text("題" * 40, text, "n"),
        own=text,
        child="は" * 20,
        about=f"{'は' * 20}のこと",
        account=account,
    )

    post(a_sender(api, account), longest)

    (sent,) = wire.sent_to(PUSH_PATH)
    said = sent.json()["messages"][0]["text"]
    assert said.count(text) == 2
    assert len(FAMILIES.encode("utf-16-le")) // 2 == LONGEST_TEXT_UNITS
    assert len(said.encode("utf-16-le")) // 2 <= TEXT_LIMIT == 5_000


def test_those_with_the_same_text_go_together_and_a_named_child_alone(sender: LineSender) -> None:
    def childcare(subscriber: str, child: str | None = None) -> Addressed:
        number = int(subscriber[1:])
        return letter(subscriber, USERS[number], phase=Phase.CHILDCARE, day=3, child=child)

    letters = [
        childcare("s1", "はな"),
        childcare("s2"),
        childcare("s3", "たろう"),
        childcare("s4"),
        childcare("s5"),
    ]

    calls = [[each.letter.subscriber for each in call.recipients] for call in sender.calls(letters)]

    assert calls[0] == ["s2", "s4", "s5"]
    assert sorted(calls[1:]) == [["s1"], ["s3"]]


def test_children_of_the_same_name_can_share_a_call(sender: LineSender) -> None:
    letters = [
        letter(f"s{n}", USERS[n], phase=Phase.CHILDCARE, day=3, child="はな") for n in range(2)
    ]

    assert [each.recipients for each in sender.calls(letters)] == [tuple(letters)]


def test_a_name_in_a_text_that_does_not_use_it_splits_nothing(sender: LineSender) -> None:
    letters = [letter("s1", USERS[1], child="はな"), letter("s2", USERS[2])]

    assert [each.recipients for each in sender.calls(letters)] == [tuple(letters)]


def test_a_letter_that_says_which_child_it_is_about_goes_alone(sender: LineSender) -> None:
    letters = [letter("s1", USERS[1], about="はなのこと"), letter("s2", USERS[2])]

    calls = [each.recipients for each in sender.calls(letters)]
    assert calls == [tuple(letters[:1]), tuple(letters[1:])]
