"""Rich menus and the webhook's address, as LINE's API keeps them for each channel."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from local.standins.answers import JSON, Refused, json_answer
from local.standins.line_events import LineEvents
from local.standins.line_messages import action_details

ROUTES = (
    ("GET", "/v2/bot/channel/webhook/endpoint", "webhook"),
    ("PUT", "/v2/bot/channel/webhook/endpoint", "set_webhook"),
    ("POST", "/v2/bot/channel/webhook/test", "test_webhook"),
    ("POST", "/v2/bot/richmenu", "create_menu"),
    ("GET", "/v2/bot/richmenu/list", "list_menus"),
    ("DELETE", "/v2/bot/richmenu/<menu>", "delete_menu"),
    ("POST", "/v2/bot/richmenu/<menu>/content", "upload_menu"),
    ("POST", "/v2/bot/user/all/richmenu/<menu>", "default_menu"),
    ("GET", "/v2/bot/user/all/richmenu", "which_menu"),
)
OPERATIONS = frozenset(name for _, _, name in ROUTES)
MOST_AREAS, CHAT_BAR_CHARACTERS, NAME_CHARACTERS = 20, 14, 300
WIDTHS, LOWEST_HEIGHT, SMALLEST_RATIO = range(800, 2_501), 250, 1.45
MOST_IMAGE_BYTES = 1024 * 1024
"""https://developers.line.biz/en/reference/messaging-api/#create-rich-menu and those after it."""

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Menu:
    """A rich menu as it was asked for, with its image once there is one."""

    asked: dict[str, Any]
    image: bytes = b""


@dataclass
class Shelf:
    """The menus of a channel, and which one everybody sees."""

    menus: dict[str, Menu] = field(default_factory=dict)
    default: str | None = None


class LineMenus:
    """The rich menus of every channel."""

    def __init__(self, events: LineEvents) -> None:
        """Start with none."""
        self._events = events
        self._shelves: dict[str, Shelf] = {}

    def shown(self, channel: str) -> list[dict[str, Any]]:
        """The actions of the menu that everybody sees, or none."""
        shelf = self._shelf(channel)
        menu = shelf.menus.get(shelf.default or "")
        return [area["action"] for area in menu.asked["areas"]] if menu else []

    def answer(
        self, operation: str, channel: str, request: Request, path: Mapping[str, str]
    ) -> Response:
        """Answer one call; raises Refused."""
        answer: Response = getattr(self, f"_{operation}")(channel, request, path.get("menu", ""))
        return answer

    def _create_menu(self, channel: str, request: Request, _menu: str) -> Response:
        asked = _json(request)
        problem = _problem(asked)
        if problem:
            raise Refused(json_answer({"message": problem}, 400))
        menu = f"richmenu-{secrets.token_hex(16)}"
        self._shelf(channel).menus[menu] = Menu(asked)
        return json_answer({"richMenuId": menu})

    def _list_menus(self, channel: str, _request: Request, _menu: str) -> Response:
        menus = self._shelf(channel).menus.items()
        return json_answer({"richmenus": [{"richMenuId": id_, **m.asked} for id_, m in menus]})

    def _delete_menu(self, channel: str, _request: Request, menu: str) -> Response:
        self._known(channel, menu)
        shelf = self._shelf(channel)
        del shelf.menus[menu]
        shelf.default = None if shelf.default == menu else shelf.default
        return json_answer({})

    def _upload_menu(self, channel: str, request: Request, menu: str) -> Response:
        known, image = self._known(channel, menu), request.get_data()
        if known.image:
            raise Refused(json_answer({"message": "An image has already been uploaded"}, 400))
        if request.mimetype not in {"image/png", "image/jpeg"}:
            raise Refused(json_answer({"message": "The content type is not supported"}, 415))
        if len(image) > MOST_IMAGE_BYTES:
            raise Refused(json_answer({"message": "The image is too large"}, 413))
        size = known.asked["size"]
        if request.mimetype == "image/png" and _png_size(image) != (size["width"], size["height"]):
            raise Refused(json_answer({"message": "The image size is invalid"}, 400))
        known.image = image
        return json_answer({})

    def _default_menu(self, channel: str, _request: Request, menu: str) -> Response:
        if not self._known(channel, menu).image:
            raise Refused(
                json_answer({"message": "must upload richmenu image before applying"}, 400)
            )
        self._shelf(channel).default = menu
        return json_answer({})

    def _which_menu(self, channel: str, _request: Request, _menu: str) -> Response:
        default = self._shelf(channel).default
        if default is None:
            raise Refused(json_answer({"message": "no default richmenu"}, 404))
        return json_answer({"richMenuId": default})

    def _webhook(self, channel: str, _request: Request, _menu: str) -> Response:
        endpoint = self._events.endpoint(channel)
        if endpoint is None:
            raise Refused(json_answer({"message": "Webhook endpoint not found"}, 404))
        return json_answer({"endpoint": endpoint, "active": True})

    def _set_webhook(self, channel: str, request: Request, _menu: str) -> Response:
        endpoint = _json(request).get("endpoint")
        if not isinstance(endpoint, str) or not endpoint.startswith(("https://", "http://127.")):
            raise Refused(json_answer({"message": "Invalid webhook endpoint URL"}, 400))
        self._events.endpoints[channel] = endpoint
        return json_answer({})

    def _test_webhook(self, channel: str, request: Request, _menu: str) -> Response:
        endpoint = _json(request).get("endpoint") or self._events.endpoint(channel)
        status = self._events.post(channel, str(endpoint), []) if endpoint else 0
        return json_answer(
            {
                "success": status == 200,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "statusCode": status,
                "reason": "OK" if status == 200 else "ERROR_STATUS_CODE",
                "detail": str(status),
            }
        )

    def _shelf(self, channel: str) -> Shelf:
        return self._shelves.setdefault(channel, Shelf())

    def _known(self, channel: str, menu: str) -> Menu:
        found = self._shelf(channel).menus.get(menu)
        if found is None:
            raise Refused(json_answer({"message": "Not found"}, 404))
        return found


def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        body = None
    if request.mimetype != JSON or not isinstance(body, dict):
        raise Refused(json_answer({"message": "The request body is not a JSON object"}, 400))
    return body


def _problem(menu: Mapping[str, Any]) -> str:
    """What is wrong with a menu that is asked for, or nothing."""
    size = menu.get("size") or {}
    width, height = size.get("width", 0), size.get("height", 0)
    if width not in WIDTHS or height < LOWEST_HEIGHT or width / height < SMALLEST_RATIO:
        return "The size of the rich menu is invalid"
    for name, most in (("chatBarText", CHAT_BAR_CHARACTERS), ("name", NAME_CHARACTERS)):
        if not 1 <= len(str(menu.get(name, ""))) <= most:
            return f"{name} must have 1 to {most} characters"
    areas = menu.get("areas")
    if not isinstance(areas, list) or len(areas) > MOST_AREAS:
        return f"areas must be at most {MOST_AREAS}"
    return next((wrong for area in areas if (wrong := _area_problem(area, width, height))), "")


def _area_problem(area: Mapping[str, Any], width: int, height: int) -> str:
    bounds = area.get("bounds") or {}
    right = bounds.get("x", 0) + bounds.get("width", 0)
    if right > width or bounds.get("y", 0) + bounds.get("height", 0) > height:
        return "bounds lie outside of the rich menu"
    return next((each["message"] for each in action_details(area.get("action"), "action")), "")


def _png_size(image: bytes) -> tuple[int, int]:
    if not image.startswith(_PNG):
        return (0, 0)
    return int.from_bytes(image[16:20]), int.from_bytes(image[20:24])
