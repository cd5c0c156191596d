"""A bulk call as SES gets it: the letters go in, the request comes out."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.header import decode_header
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

import pytest

from functions.email.sender import EmailSender
from shared.delivery.sender import Addressed, Call
from shared.letterhead import Letterhead
from shared.providers.http import run
from shared.rules.account import Channel
from shared.rules.outcomes import UNKNOWN, Outcome, Result
from shared.rules.stage import Phase
from shared.rules.subscriber import Language
from shared.rules.text import Text
from shared.store.keys import JobId
from shared.subscribers.links import Links
from tests.email.letters import a_run, frozen, letter, unhurried
from tests.local.wire import Answer, Wire
from tests.world import TEN, TODAY

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

LINKS = Links("https://kizuna.example.jp", [b"an invented key"])
Senders = Callable[..., EmailSender]
NICKNAME = '<b>&"はな"</b>'


@pytest.fixture
def sender(client: "SESV2Client") -> Senders:
    def make(
        name: str = "文京区", heard: datetime | None = None, *, waiting: bool = False
    ) -> EmailSender:
        return EmailSender(
            client,
            run=a_run(Channel.EMAIL, name=name),
            job=JobId("bunkyo", TODAY, Channel.EMAIL, 3),
            domain="kizuna.example.jp",
            configuration_set="kizuna-messages",
            letterhead=Letterhead("きずな事務局", "office@kizuna.example.jp"),
            links=LINKS,
            heard=lambda: heard,
            events_waiting=lambda: waiting,
            rate_limit=unhurried(),
        )

    return make


@pytest.fixture
def request_of(wire: Wire, sender: Senders) -> Callable[..., dict[str, Any]]:
    """Sends letters in one call, and gives the body of the request."""

    def send(*letters: Addressed, name: str = "文京区") -> dict[str, Any]:
        accepted = [{"Status": "SUCCESS", "MessageId": f"id-{n}"} for n in range(len(letters))]
        wire.answers = [Answer(body={"BulkEmailEntryResults": accepted})]
        call = Call(letters, cost=len(letters))
        outcomes = run(sender(name).send(frozen(*letters), call))
        assert [each.provider_id for each in outcomes] == [each["MessageId"] for each in accepted]
        (sent,) = wire.sent
        assert (sent.method, sent.path) == ("POST", "/v2/email/outbound-bulk-emails")
        return dict(sent.json())

    return send


def data_of(entry: dict[str, Any]) -> dict[str, str]:
    """What SES puts into the template for an entry."""
    template = entry["ReplacementEmailContent"]["ReplacementTemplate"]
    found: dict[str, str] = json.loads(template["ReplacementTemplateData"])
    return found


def headers_of(entry: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in entry["ReplacementHeaders"]}


def test_a_call_names_the_account_as_its_sender_in_ascii(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    body = request_of(letter("s1", "hanako@example.jp"))

    sender = "=?utf-8?b?5paH5Lqs5Yy6?= <bunkyo@kizuna.example.jp>"
    assert body["FromEmailAddress"] == sender
    assert body["ConfigurationSetName"] == "kizuna-messages"


def test_a_long_name_of_an_account_comes_back_whole(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    name = "社会福祉法人見本会 見本総合病院 産婦人科・小児科 (本院), 第2病棟"

    sender = request_of(letter("s1", "hanako@example.jp"), name=name)["FromEmailAddress"]

    display, address = parseaddr(sender)
    decoded = "".join(
        part if isinstance(part, str) else part.decode(charset or "ascii")
        for part, charset in decode_header(display)
    )
    assert (decoded, address) == (name, "bunkyo@kizuna.example.jp")
    assert sender.isascii()


def test_no_encoded_word_of_a_long_name_is_longer_than_mail_allows(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    sender = request_of(letter("s1", "hanako@example.jp"), name="見" * 60)["FromEmailAddress"]

    assert max(len(word) for word in sender.split()) <= 75


def test_the_template_only_passes_on_what_was_rendered_here(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    body = request_of(letter("s1", "hanako@example.jp"))

    assert body["DefaultContent"] == {
        "Template": {
            "TemplateContent": {
                "Subject": "{{subject}}",
                "Text": "{{text}}",
                "Html": "{{html}}",
            },
            "TemplateData": "{}",
        }
    }
    assert data_of(body["BulkEmailEntries"][0]).keys() == {"subject", "text", "html"}


def test_readers_of_different_days_share_a_call_and_each_gets_their_own_letter(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    first, second, third = request_of(
        letter("s1", "hanako@example.jp"),
        letter("s2", "taro@example.com", day=225),
        letter("s3", "jiro@example.com", phase=Phase.CHILDCARE, day=3),
    )["BulkEmailEntries"]

    assert [each["Destination"] for each in (first, second, third)] == [
        {"ToAddresses": ["hanako@example.jp"]},
        {"ToAddresses": ["taro@example.com"]},
        {"ToAddresses": ["jiro@example.com"]},
    ]
    titles = [data_of(each)["subject"] for each in (first, second, third)]
    assert titles == ["32週0日", "32週1日", "生後3日"]
    assert "むくみやすい頃です。\n無理をせずに。" in data_of(first)["text"]
    assert "胎動が強くなる頃です。" in data_of(second)["text"]
    assert "お子さんはよく眠りますか。" in data_of(third)["text"]
    assert "むくみ" not in data_of(second)["text"] + data_of(third)["text"]


def test_every_letter_carries_the_reader_s_own_way_to_stop(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    entries = request_of(letter("s1", "hanako@example.jp"), letter("s2", "taro@example.com"))[
        "BulkEmailEntries"
    ]

    for subscriber, entry in zip(("s1", "s2"), entries, strict=True):
        headers, data = headers_of(entry), data_of(entry)
        link = re.fullmatch(
            r"<(https://kizuna\.example\.jp/stop/(\S+))>", headers.pop("List-Unsubscribe")
        )
        assert link is not None
        assert LINKS.read_stop(link[2]).subscriber == subscriber
        assert link[1] in data["text"]
        assert f'href="{link[1]}"' in data["html"]
        assert headers == {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def test_the_tags_say_which_place_in_which_batch_and_ses_takes_them(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    entries = request_of(letter("s1", "hanako@example.jp"), letter("s2", "taro@example.com"))[
        "BulkEmailEntries"
    ]

    for position, entry in enumerate(entries):
        tags = {each["Name"]: each["Value"] for each in entry["ReplacementTags"]}
        assert tags == {
            "account": "bunkyo",
            "date": "2026-11-25",
            "shard": "3",
            "batch": "000001-000000",
            "position": str(position),
            "frozen": str(int(TEN.timestamp())),
        }
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", each) for each in (*tags, *tags.values()))


def test_text_and_html_both_hold_all_parts_and_who_sends_them(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    (entry,) = request_of(letter("s1", "hanako@example.jp", own="保健センターの教室です。"))[
        "BulkEmailEntries"
    ]

    for kind in ("text", "html"):
        shown = data_of(entry)[kind]
        for part in (
            "むくみやすい頃です。\n無理をせずに。",
            "（文京区より）\n保健センターの教室です。",
            "きずな事務局 がお届けしています。",
            "お問い合わせ: office@kizuna.example.jp",
            "配信の停止",
        ):
            assert part in shown
        assert shown.index("むくみ") < shown.index("保健センター") < shown.index("配信の停止")


def test_a_letter_about_one_of_several_children_says_so_in_its_subject(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    first, second = request_of(
        letter("s1", "hanako@example.jp", about="はなのこと"),
        letter("s2", "taro@example.com"),
    )["BulkEmailEntries"]

    assert "はなのこと" in data_of(first)["subject"]
    assert data_of(second)["subject"] == "32週0日"


def test_what_a_parent_wrote_stays_text_in_html_and_is_left_alone_in_plain_text(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    (entry,) = request_of(
        letter("s1", "hanako@example.jp", phase=Phase.CHILDCARE, day=3, child=NICKNAME)
    )["BulkEmailEntries"]

    assert f"{NICKNAME}はよく眠りますか。" in data_of(entry)["text"]
    html = data_of(entry)["html"]
    assert "&lt;b&gt;&amp;&#34;はな&#34;&lt;/b&gt;はよく眠りますか。" in html
    assert "<b>" not in html


LATER, BEFORE = TEN + timedelta(seconds=1), TEN - timedelta(hours=1)
NOT_SEEN = "not_seen_by_ses"


@pytest.mark.parametrize(
    ("known", "minutes", "expected"),
    [
        ({}, 0, [UNKNOWN, UNKNOWN]),
        ({}, 14, [UNKNOWN, UNKNOWN]),
        ({}, 15, [Outcome(Result.TRY_AGAIN, NOT_SEEN)] * 2),
        ({"1": "id-1"}, 14, [UNKNOWN, Outcome(Result.ACCEPTED, None, "id-1")]),
        (
            {"1": "id-1"},
            15,
            [Outcome(Result.UNKNOWN, NOT_SEEN), Outcome(Result.ACCEPTED, None, "id-1")],
        ),
        (
            {"0": "id-0", "1": "id-1"},
            0,
            [Outcome(Result.ACCEPTED, None, "id-0"), Outcome(Result.ACCEPTED, None, "id-1")],
        ),
    ],
    ids=[
        "nothing known yet",
        "nothing known after 14 minutes",
        "nothing known after 15 minutes, but of later mails: SES never had it",
        "one of two known",
        "one of two known after 15 minutes: the rest stays unknown for good",
        "all known",
    ],
)
def test_a_batch_without_a_record_is_settled_by_what_ses_reported_and_asks_nothing(
    wire: Wire, sender: Senders, known: dict[str, str], minutes: int, expected: list[Outcome]
) -> None:
    batch = frozen(letter("s1", "hanako@example.jp"), letter("s2", "taro@example.com"))
    batch, now = replace(batch, known=known), TEN + timedelta(minutes=minutes)

    assert sender(heard=LATER).settle(batch, now=now, sending=True) == expected
    assert wire.sent == []


def test_while_events_wait_to_be_taken_in_their_absence_proves_nothing(
    wire: Wire, sender: Senders
) -> None:
    batch, now = frozen(letter("s1", "hanako@example.jp")), TEN + timedelta(hours=2)

    assert sender(heard=LATER, waiting=True).settle(batch, now=now, sending=True) == [UNKNOWN]
    assert wire.sent == []


@pytest.mark.parametrize(
    "heard", [None, BEFORE, TEN], ids=["nothing", "earlier", "the batch's own"]
)
def test_where_no_later_event_came_a_probe_asks_whether_events_come_at_all(
    wire: Wire, sender: Senders, heard: datetime | None
) -> None:
    batch = frozen(letter("s1", "hanako@example.jp"), letter("s2", "taro@example.com"))
    wire.answers = [Answer(body={"BulkEmailEntryResults": [{"Status": "SUCCESS"}]})]
    now = TEN + timedelta(minutes=15)

    assert sender(heard=heard).settle(batch, now=now, sending=True) == [UNKNOWN, UNKNOWN]

    (sent,) = wire.sent
    (entry,) = sent.json()["BulkEmailEntries"]
    assert entry["Destination"] == {"ToAddresses": ["success@simulator.amazonses.com"]}
    tags = {each["Name"]: each["Value"] for each in entry["ReplacementTags"]}
    assert (tags["batch"], tags["frozen"]) == ("probe", str(int(now.timestamp())))
    assert "hanako" not in str(sent.json())


FROM_40W0D = [(279, False), (280, True), (293, True)]


@pytest.mark.parametrize(("day", "prompted"), FROM_40W0D)
def test_from_40w0d_a_mail_carries_a_neutral_way_to_register_a_birth(
    request_of: Callable[..., dict[str, Any]], day: int, prompted: bool
) -> None:
    text = Text("40週", "本文です。", "お知らせ")

    body = request_of(letter("s1", "a@example.jp", day=day, text=text))

    data = data_of(body["BulkEmailEntries"][0])
    for part in (data["text"], data["html"]):
        assert ("お子さんが生まれたかたは" in part) is prompted
        assert ("まだのかたは、そのままで大丈夫です" in part) is prompted
        assert "おめでとう" not in part


def test_a_mail_about_a_child_asks_for_no_birth(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    text = Text("生後", "本文です。", "お知らせ")

    body = request_of(letter("s1", "a@example.jp", phase=Phase.CHILDCARE, day=280, text=text))

    assert "生まれたかた" not in data_of(body["BulkEmailEntries"][0])["text"]


def test_every_mail_leads_to_the_subscribers_own_page(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    data = data_of(request_of(letter("s1", "a@example.jp"))["BulkEmailEntries"][0])

    own = LINKS.preferences("s1", 0, TEN)
    assert own in data["text"]
    assert f'href="{own}"' in data["html"]


def test_what_stands_around_the_text_is_english_for_who_chose_it(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    japanese = letter("s1", "a@example.jp")
    english = replace(japanese, letter=replace(japanese.letter, language=Language.ENGLISH))

    data = data_of(request_of(english)["BulkEmailEntries"][0])

    for part in (data["text"], data["html"]):
        assert "Stop" in part
        assert "nobody asks why" in part
        assert "配信の停止" not in part
        assert "むくみやすい頃です。" in part
