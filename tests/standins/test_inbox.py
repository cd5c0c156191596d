"""The inbox pages: what a reader, a screen reader and a browser are given."""

import re
import time
from html.parser import HTMLParser

import pytest

from local.standins import inbox
from local.standins.outbox import Message, Outbox, mailbox_id

BANNER = "<strong>手元の試験環境です。</strong>実際には何も送られていません。"
EMAIL = Message(
    channel="email",
    provider_id="m-1",
    sender="kizuna@asunaro.example.jp",
    recipient="hanako@example.com",
    subject="妊娠32週4日 <b>",
    text="本文です。https://example.jp/a をどうぞ",
    html='<p>本文です。</p><script>alert("x")</script>',
    headers={
        "From": "=?utf-8?b?44GC44GZ44Gq44KN5biC?= <kizuna@asunaro.example.jp>",
        "List-Unsubscribe": "<https://example.jp/u/1>",
    },
    accepted_at="2026-11-22T22:00:03.000000Z",
)
LINE = Message(
    channel="line",
    provider_id="1",
    sender="2001234567",
    recipient="U" + "0" * 32,
    text="一つめ\n\n二つめ",
    content=[
        {"type": "text", "text": "一つめ"},
        {
            "type": "template",
            "altText": "二つめ",
            "template": {"type": "buttons", "actions": [{"label": "生まれた日を登録する"}]},
        },
    ],
)
SMS = Message(
    channel="sms",
    provider_id="SM1",
    sender="KIZUNA",
    recipient="+819012345678",
    text="あ" * 71,
    outcome="undelivered 30003",
)


class Outline(HTMLParser):
    """Collects the elements of a page, and complains about one that is not closed."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(standins, http):
    standins.outbox.accept([EMAIL, LINE, SMS])

    def get(path=""):
        answer = http.request("GET", f"{standins.url}/inbox{path}")
        assert answer.status == 200
        return answer.data.decode()

    return get


def of(message):
    return "/" + mailbox_id(message.channel, message.sender, message.recipient)


def test_every_page_says_that_nothing_was_sent_and_is_well_formed(page):
    for path in ("", of(EMAIL), of(LINE), of(SMS)):
        text = page(path)
        outline = Outline(text)
        assert BANNER in text
        assert outline.all("html") == [{"lang": "ja"}]
        assert len(outline.all("h1")) == len(outline.all("main")) == len(outline.all("title")) == 1
        assert outline.all("script") == []


def test_the_list_shows_each_mailbox_and_no_address_stands_in_a_link(page):
    outline = Outline(page())
    links = [a["href"] for a in outline.all("a") if "/inbox/" in (a["href"] or "")]
    assert sorted(links) == sorted(f"/inbox{of(message)}" for message in (EMAIL, LINE, SMS))


def test_every_field_of_the_form_has_a_label(page):
    outline = Outline(page())
    labelled = {label["for"] for label in outline.all("label")}
    assert labelled == {field["id"] for field in outline.all("select") + outline.all("input")}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?channel=line", [LINE]),
        ("?q=hanako", [EMAIL]),
        ("?q=KIZUNA", [SMS, EMAIL]),
        ("?q=nobody", []),
    ],
)
def test_the_list_is_narrowed_by_channel_and_search(page, query, shown):
    found = set(re.findall(r'href="/inbox(/\w{16})"', page(query)))
    assert found == {of(message) for message in shown}


def test_the_list_comes_in_pages(page, standins):
    standins.outbox.accept(
        [
            Message(**{**EMAIL.as_json(), "id": 0, "recipient": f"a{n}@example.com"})
            for n in range(98)
        ]
    )
    assert len(re.findall(r'href="/inbox/\w{16}"', page("?page=3"))) == 1
    assert 'aria-current="page">3<' in page("?page=3")


def test_an_email_shows_sender_subject_and_headers_and_keeps_its_html_in_a_sandbox(page):
    text = page(of(EMAIL))
    assert "妊娠32週4日 &lt;b&gt;" in text
    assert "あすなろ市 &lt;kizuna@asunaro.example.jp&gt;" in text
    assert "&lt;https://example.jp/u/1&gt;" in text
    assert '<time datetime="2026-11-23T07:00:03+09:00">2026年11月23日 07:00</time>' in text
    outline = Outline(text)
    (frame,) = outline.all("iframe")
    assert "allow-scripts" not in (frame["sandbox"] or "")
    assert (frame["srcdoc"] or "").endswith(EMAIL.html)
    assert frame["title"]
    assert "<details>" in text


def test_an_address_in_a_text_is_a_link_even_where_japanese_touches_it(page):
    assert '。<a href="https://example.jp/a"' in page(of(EMAIL))


def test_line_shows_a_bubble_for_each_message_and_the_words_of_its_buttons(page):
    text = page(of(LINE))
    assert text.count('class="bubble"') == 2
    assert "<li>生まれた日を登録する</li>" in text


def test_an_sms_shows_its_segments_and_why_it_did_not_arrive(page):
    text = page(of(SMS))
    assert "2 通分" in text
    assert "届きませんでした(30003)" in text


def test_pages_may_load_nothing_from_elsewhere(standins, http):
    answer = http.request("GET", f"{standins.url}/inbox")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "http://" not in answer.data.decode()


def test_an_unknown_mailbox_is_not_found(standins, http):
    answer = http.request("GET", f"{standins.url}/inbox/0123456789abcdef")
    assert answer.status == 404
    assert "見つかりません" in answer.data.decode()


def test_pages_are_written_as_files_that_link_to_each_other(tmp_path):
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.accept([EMAIL, LINE, SMS])
    assert inbox.write_static(outbox, tmp_path / "pages") == 3
    outbox.close()
    index = (tmp_path / "pages" / "index.html").read_text()
    links = re.findall(r'href="(mailbox-\w+\.html)"', index)
    assert len(links) == 3
    for name in links:
        text = (tmp_path / "pages" / name).read_text()
        assert 'href="index.html"' in text
        assert BANNER in text
    assert (tmp_path / "pages" / "style.css").exists()
    assert "<form" not in index


def test_two_thousand_mailboxes_are_written_in_seconds(tmp_path):
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.accept(
        Message(**{**EMAIL.as_json(), "id": 0, "recipient": f"a{n}@example.com"})
        for n in range(2_000)
    )
    started = time.process_time()
    assert inbox.write_static(outbox, tmp_path / "pages") == 2_000
    outbox.close()
    assert time.process_time() - started < 4  # about 1 s alone; a busy machine needs more
