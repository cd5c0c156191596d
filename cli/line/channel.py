"""A LINE channel's settings, over LINE's API: menu and webhook."""

from functions.line.answers import menu as buttons
from functions.line.line_api import LineApi, LineUnreachableError
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


class LineChannel:
    """The channel of an account. `data_url` is the base URL for images."""

    def __init__(self, api: LineApi, data_url: str) -> None:
        self._api, self._data_url = api, data_url

    def set_menu(self, picture: bytes) -> bool:
        """Make the menu, show it to everybody, then remove earlier ones of its name; whether there
        were any. Until it is shown the old one is: nobody is without a menu.
        """
        listed = self._call("GET", "/v2/bot/richmenu/list").get("richmenus")
        menus = listed if isinstance(listed, list) else []
        old = [each["richMenuId"] for each in menus if each.get("name") == MENU_NAME]
        made = self._call("POST", "/v2/bot/richmenu", rich_menu())["richMenuId"]
        self._call(
            "POST",
            f"/v2/bot/richmenu/{made}/content",
            picture,
            base_url=self._data_url,
            content_type="image/png",
        )
        self._call("POST", f"/v2/bot/user/all/richmenu/{made}")
        for each in old:
            self._call("DELETE", f"/v2/bot/richmenu/{each}")
        return bool(old)

    def set_webhook(self, url: str) -> str | None:
        """Tell LINE where events go, and have it try; why that failed, or None."""
        endpoint = {"endpoint": url}
        self._call("PUT", "/v2/bot/channel/webhook/endpoint", endpoint)
        tried = self._call("POST", "/v2/bot/channel/webhook/test", endpoint)
        if tried.get("success"):
            return None
        return f"{tried.get('reason')} ({tried.get('statusCode')})"

    def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        base_url: str | None = None,
        content_type: str = "application/json",
    ) -> dict[str, object]:
        try:
            status, found = self._api.call(
                method, path, body, base_url=base_url, content_type=content_type
            )
        except LineUnreachableError as error:
            raise RefusedByLineError(f"LINE: {error}") from None
        if status != 200:
            raise RefusedByLineError(
                f"LINE refused {method} {path}: {status} {found.get('message')}"
            )
        return found


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
