"""`kizuna touchpoint qr` and `card`: what is printed for a touchpoint can be scanned and fits."""

import re
from datetime import date

import pytest

from cli.touchpoint.card import CODE_MM, Card, Size, channel_words, html
from shared.rules.account import Channel, Delivery
from shared.rules.ending import EndOfDelivery, until_words
from tests.cli import reading
from tests.world import bunkyo

LINK = "https://kizuna.example.jp/join/bunkyo/boshi-techo"
ADD = ("touchpoint", "add", "bunkyo", "boshi-techo", "--name", "母子手帳交付")


@pytest.fixture
def here(store):
    """A store that has 文京区."""
    store.accounts.put(bunkyo())
    return store


# The code.


def test_the_qr_codes_say_the_link(here, kizuna, tmp_path):
    kizuna(*ADD)
    png, svg = tmp_path / "code.png", tmp_path / "code.SVG"

    drawn = kizuna("touchpoint", "qr", "bunkyo", "boshi-techo", "-o", png)
    kizuna("touchpoint", "qr", "bunkyo", "boshi-techo", "-o", svg)

    assert drawn.out == f"{png}: {LINK}\n"
    for modules in (reading.of_png(png.read_bytes()), reading.of_svg(svg.read_text("utf-8"))):
        assert reading.read(modules) == LINK
        assert reading.format_of(modules)[0] == "Q"


def test_a_picture_of_the_code_is_sharp_at_ten_centimetres(here, kizuna, tmp_path):
    kizuna("touchpoint", "qr", "bunkyo", "web", "-o", tmp_path / "code.png")

    picture = (tmp_path / "code.png").read_bytes()
    assert int.from_bytes(picture[16:20]) >= 1181
    a_metre = picture.partition(b"pHYs")[2][:4]
    assert int.from_bytes(a_metre) == 11811  # 300 dots an inch


# The card.


@pytest.mark.parametrize("command", ["qr", "card"])
def test_nothing_is_printed_for_a_link_that_has_ended(here, kizuna, tmp_path, command):
    kizuna(*ADD)
    kizuna("touchpoint", "close", "bunkyo", "boshi-techo")
    file = tmp_path / ("a.svg" if command == "qr" else "a.html")

    ran = kizuna("touchpoint", command, "bunkyo", "boshi-techo", "-o", file)

    assert (ran.status, ran.out) == (1, "")
    assert "bunkyo/boshi-techo is closed: its link only says that it has ended" in ran.err
    assert not file.exists()


def test_a_card_says_what_the_account_offers_and_who_stands_behind_it(here, kizuna, tmp_path):
    here.accounts.put(bunkyo(channels=frozenset({Channel.LINE, Channel.EMAIL})))
    kizuna(*ADD)
    file = tmp_path / "card.html"

    ran = kizuna("touchpoint", "card", "bunkyo", "boshi-techo", "--size", "a6", "-o", file)

    assert ran.out == f"{file}: {LINK}\n"
    page = file.read_text("utf-8")
    assert reading.read(reading.of_svg(page)) == LINK
    words = " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())
    for said in (
        "文京区",
        "妊娠中から3歳のお誕生日まで、",
        "メール・LINE でお届けします。",
        "kizuna.example.jp/join/bunkyo/boshi-techo",
        "きずな事務局",
        "office@kizuna.example.jp",
        "母子手帳交付",
    ):
        assert said in words
    assert "SMS" not in words
    assert re.findall(r"(?:src|href)=|url\(|<script", page) == []


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"delivery": Delivery.EXTERNAL}, "bunkyo sends through another system"),
        ({"valid_from": date(2100, 4, 1)}, "bunkyo has no settings yet"),
    ],
)
def test_no_card_is_printed_where_nobody_could_join(here, kizuna, tmp_path, settings, line):
    here.accounts.put(bunkyo(**settings))

    ran = kizuna("touchpoint", "card", "bunkyo", "web", "-o", tmp_path / "card.html")

    assert (ran.status, ran.out) == (1, "")
    assert line in ran.err
    assert list(tmp_path.iterdir()) == []


def test_channels_are_named_in_one_order():
    (settings,) = bunkyo().settings
    assert channel_words(settings) == "メール・LINE・SMS"
    (settings,) = bunkyo(channels=frozenset({Channel.SMS})).settings
    assert channel_words(settings) == "SMS"


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("birthday(3)", "3歳のお誕生日"),
        ("birthday(18)", "18歳のお誕生日"),
        ("school_year_end(1)", "小学1年生の3月"),
        ("school_year_end(6)", "小学6年生の3月"),
        ("school_year_end(7)", "中学1年生の3月"),
        ("school_year_end(9)", "中学3年生の3月"),
        ("school_year_end(10)", "高校1年生の3月"),
        ("school_year_end(12)", "高校3年生の3月"),
    ],
)
def test_the_end_of_delivery_is_told_as_parents_say_it(end, words):
    assert until_words(EndOfDelivery.parse(end)) == words


# On paper.

MM = 96 / 25.4
"""CSS pixels a millimetre."""

PAPER = {Size.A4: (210, 297), Size.A6: (105, 148)}
SMALLEST_CODE = {Size.A4: 60, Size.A6: 30}

SHORT = {"account": "津市", "place": "窓口", "path": "tsu/web", "contact": "a@example.jp"}
LONG = {
    "account": "社会福祉法人見本会 見本総合病院附属女性とこどもの総合クリニック",
    "place": "西部地域こども家庭センター・両親学級（土曜午前の部）の受付窓口で配るチラシ春",
    "path": f"{'a' * 40}/{'b' * 40}",
    "contact": "office@kizuna-no-nagai-namae.example.jp / 03-0000-0000",
}


@pytest.mark.browser
@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("words", [SHORT, LONG], ids=["short", "long"])
def test_a_card_is_one_page_of_its_paper_with_a_code_that_is_large_enough(
    browser, tmp_path, size, words
):
    (settings,) = bunkyo(name=words["account"]).settings
    url = f"https://kizuna.example.jp/join/{words['path']}"
    card = Card(url, words["place"], settings, "特定非営利活動法人きずな", words["contact"])
    file, said = tmp_path / "card.html", []
    file.write_text(html(card, size), encoding="utf-8")
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))

    page.goto(file.as_uri())
    printed = page.pdf(prefer_css_page_size=True, print_background=True)

    (box,) = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert [round(float(each) / 72 * 25.4) for each in box] == list(PAPER[size])
    page.emulate_media(media="print")
    height = page.evaluate("document.querySelector('main').scrollHeight")
    assert height <= PAPER[size][1] * MM + 1, "what stands lowest is cut off"
    modules = len(reading.of_svg(file.read_text("utf-8")))
    drawn = page.locator("svg").bounding_box()["width"] / MM
    assert drawn * modules / (modules + 8) == pytest.approx(CODE_MM[size], abs=0.2)
    assert CODE_MM[size] >= SMALLEST_CODE[size]
    assert said == []
