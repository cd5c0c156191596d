"""`kizuna line`: the chat's menu and webhook, as the real calls set them at LINE."""

import json
from typing import Any

import pytest

from cli.line.channel import LineChannel, RefusedByLineError, rich_menu
from cli.line.menu import picture
from functions.line.line_api import Credentials, LineApi
from local.standins.config import Config
from local.standins.server import Standins
from shared.providers.http import run
from tests.local.wire import Answer, Wire
from tests.standins.openapi import problems

MESSAGING = "line-messaging-api.yml"
CHANNEL = "2001234567"


@pytest.fixture
def standins(tmp_path):
    config = Config.model_validate({"line": {"channels": {CHANNEL: {"secret": "s"}}}})
    with Standins(tmp_path / "outbox.db", config) as running:
        yield running


@pytest.fixture
def api(standins):
    return LineApi(standins.url, Credentials(CHANNEL, "s"))


@pytest.fixture
def channel(standins, api) -> LineChannel:
    return LineChannel(api, standins.url)


def menus(api: LineApi) -> list[dict[str, Any]]:
    answer = run(api.call("GET", "/v2/bot/richmenu/list"))
    assert answer.status == 200
    return json.loads(answer.body)["richmenus"]


def default(api: LineApi) -> Any:
    return json.loads(run(api.call("GET", "/v2/bot/user/all/richmenu")).body).get("richMenuId")


def test_the_menu_has_three_buttons_that_fill_it() -> None:
    asked = rich_menu()

    areas = asked["areas"]
    assert [area["action"]["data"] for area in areas] == [
        "v=1&do=page",
        "v=1&do=birth",
        "v=1&do=stop",
    ]
    assert [(a["bounds"]["x"], a["bounds"]["width"]) for a in areas] == [
        (0, 833),
        (833, 834),
        (1667, 833),
    ]


def test_the_menu_is_asked_for_and_listed_as_line_s_own_document_describes(
    channel: LineChannel, api: LineApi
) -> None:
    channel.set_menu(picture())

    assert problems(MESSAGING, "RichMenuRequest", rich_menu()) == []
    assert problems(MESSAGING, "RichMenuListResponse", {"richmenus": menus(api)}) == []


def test_the_picture_is_a_png_of_its_size_that_line_takes() -> None:
    image = picture()

    assert image.startswith(b"\x89PNG")
    assert (int.from_bytes(image[16:20]), int.from_bytes(image[20:24])) == (2500, 843)
    assert len(image) < 1024 * 1024


def test_everybody_sees_the_menu_once_it_is_set(channel: LineChannel, api: LineApi) -> None:
    assert channel.set_menu(picture()) is False

    (menu,) = menus(api)
    assert menu["name"] == "kizuna"
    assert default(api) == menu["richMenuId"]


def test_setting_it_again_replaces_it_and_leaves_others_alone(
    channel: LineChannel, api: LineApi
) -> None:
    other = {**rich_menu(), "name": "of the municipality"}
    assert run(api.call("POST", "/v2/bot/richmenu", other)).status == 200
    channel.set_menu(picture())
    first = default(api)

    assert channel.set_menu(picture()) is True

    assert sorted(menu["name"] for menu in menus(api)) == ["kizuna", "of the municipality"]
    assert default(api) not in {None, first}


def test_a_picture_of_another_size_is_refused_and_the_old_menu_stays(
    channel: LineChannel, api: LineApi
) -> None:
    channel.set_menu(picture())
    before = default(api)

    with pytest.raises(RefusedByLineError, match="400 The image size is invalid"):
        channel.set_menu(picture()[:16] + b"\0" * 8)

    assert default(api) == before


def test_line_is_told_where_events_go_and_tries_it(
    channel: LineChannel, standins: Standins
) -> None:
    with Wire([Answer(200, b"")]) as product:
        problem = channel.set_webhook(f"{product.url}/line/webhook/bunkyo")

    assert problem is None
    (tried,) = product.sent
    assert tried.path == "/line/webhook/bunkyo"
    assert json.loads(tried.body)["events"] == []
    assert len(tried.headers["x-line-signature"]) == 44


def test_a_webhook_that_does_not_answer_is_told(channel: LineChannel) -> None:
    with Wire([Answer(403, b"")]) as product:
        problem = channel.set_webhook(f"{product.url}/line/webhook/bunkyo")

    assert problem == "ERROR_STATUS_CODE (403)"


def test_wrong_credentials_change_nothing_and_say_so(standins: Standins) -> None:
    wrong = LineApi(standins.url, Credentials(CHANNEL, "wrong"))
    with pytest.raises(RefusedByLineError, match="LINE: no_token_400"):
        LineChannel(wrong, standins.url).set_menu(b"")
