"""A LINE channel's settings, over LINE's API: menu and webhook."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import StringConstraints

from functions.line.chat.replies import menu as buttons
from functions.line.line_api import LineApi, LineUnreachableError
from shared.providers.answers import Shape, UnreadableAnswerError, read
from shared.providers.http import NoAnswerError, run
from shared.rules.subscriber import Language

MENU_NAME = "kizuna"
"""By this name the menu is found again; users do not see it."""

CHAT_BAR = "メニュー"
WIDTH, HEIGHT = 2_500, 843
"""The compact size of https://developers.line.biz/en/reference/messaging-api/#rich-menu-object."""

ORDER = ("page", "birth", "stop")
"""The buttons from left to right."""


class RefusedByLineError(Exception):
    """LINE did not do it; the message says which call and why."""


class _Nothing(Shape):
    """An object of which nothing is needed."""


class _Menu(Shape):
    richMenuId: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,100}$")]  # noqa: N815 - LINE's names
    name: str = ""


class _Menus(Shape):
    richmenus: tuple[_Menu, ...]


class _Tried(Shape):
    success: bool
    reason: str = ""
    statusCode: int = 0  # noqa: N815


class _Refusal(Shape):
    message: str


S = TypeVar("S", bound=Shape)


class LineChannel:
    """The channel of an account. `data_url` is the base URL for images."""

    def __init__(self, api: LineApi, data_url: str) -> None:
        self._api, self._data_url = api, data_url

    def set_menu(self, picture: bytes) -> bool:
        """Make the menu, show it to everybody, then remove earlier ones of its name; whether there
        were any. Until it is shown the old one is: nobody is without a menu.
        """
        menus = self._call(_Menus, "GET", "/v2/bot/richmenu/list").richmenus
        old = [each.richMenuId for each in menus if each.name == MENU_NAME]
        made = self._call(_Menu, "POST", "/v2/bot/richmenu", rich_menu()).richMenuId
        self._call(
            _Nothing,
            "POST",
            f"/v2/bot/richmenu/{made}/content",
            picture,
            base_url=self._data_url,
            headers={"Content-Type": "image/png"},
        )
        self._call(_Nothing, "POST", f"/v2/bot/user/all/richmenu/{made}")
        for each in old:
            self._call(_Nothing, "DELETE", f"/v2/bot/richmenu/{each}")
        return bool(old)

    def set_webhook(self, url: str) -> str | None:
        """Tell LINE where events go, and have it try; why that failed, or None."""
        endpoint = {"endpoint": url}
        self._call(_Nothing, "PUT", "/v2/bot/channel/webhook/endpoint", endpoint)
        tried = self._call(_Tried, "POST", "/v2/bot/channel/webhook/test", endpoint)
        return None if tried.success else f"{_printable(tried.reason)} ({tried.statusCode})"

    def _call(
        self,
        shape: type[S],
        method: str,
        path: str,
        body: object = None,
        *,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> S:
        try:
            answer = run(self._api.call(method, path, body, base_url=base_url, headers=headers))
        except LineUnreachableError as error:
            raise RefusedByLineError(f"LINE: {error}") from None
        except NoAnswerError:
            raise RefusedByLineError("LINE: no_answer") from None
        try:
            if answer.status == 200:
                return read(shape, answer.body)
            why = f"{answer.status} {_printable(read(_Refusal, answer.body).message)}"
        except UnreadableAnswerError:
            why = f"{answer.status}, with an answer that cannot be read"
        raise RefusedByLineError(f"LINE refused {method} {path}: {why}")


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())


def rich_menu() -> dict[str, object]:
    """The menu as LINE is told of it: three buttons of the same width."""
    actions = buttons(Language.JAPANESE)
    edges = [round(n * WIDTH / len(ORDER)) for n in range(len(ORDER) + 1)]
    return {
        "size": {"width": WIDTH, "height": HEIGHT},
        "selected": False,
        "name": MENU_NAME,
        "chatBarText": CHAT_BAR,
        "areas": [
            {
                "bounds": {"x": left, "y": 0, "width": right - left, "height": HEIGHT},
                "action": actions[name],
            }
            for name, left, right in zip(ORDER, edges, edges[1:], strict=False)
        ],
    }
