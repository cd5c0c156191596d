"""LINE Login v2.1: the page on which people allow it, codes, ID tokens and their verification."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from local.standins.answers import Refused, json_answer
from local.standins.config import Settings
from local.standins.line_events import LineEvents
from local.standins.line_messages import USER_ID
from local.standins.page import CONTENT_POLICY, SERVED, TEMPLATES

ROUTES = (
    ("GET", "/oauth2/v2.1/authorize", "authorize"),
    ("POST", "/oauth2/v2.1/authorize", "decide"),
    ("POST", "/oauth2/v2.1/token", "login_token"),
    ("POST", "/oauth2/v2.1/verify", "login_verify"),
)
OPERATIONS = frozenset(name for _, _, name in ROUTES)

CODE_SECONDS, ID_TOKEN_SECONDS = 600, 3_600
ISSUER = "https://access.line.me"
"""https://developers.line.biz/en/reference/line-login/ (issue access token, verify ID token)."""

_ASKED = ("response_type", "client_id", "redirect_uri", "state", "nonce", "scope", "bot_prompt")
_PAGES = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    client: str
    redirect: str
    user: str
    nonce: str
    until: float


class LineLogin:
    """LINE Login for every login channel."""

    def __init__(self, settings: Settings, events: LineEvents) -> None:
        """Start with no code."""
        self._settings, self._events = settings, events
        self._codes: dict[str, Grant] = {}

    def answer(self, operation: str, request: Request) -> Response:
        """Answer one call; raises Refused."""
        answer: Response = getattr(self, f"_{operation}")(request)
        return answer

    def _authorize(self, request: Request) -> Response:
        """The page with the two buttons; whose phone it is can be told in the query (`user`)."""
        asked = {name: request.args.get(name, "") for name in _ASKED}
        self._check(asked)
        user = request.args.get("user") or f"U{secrets.token_hex(16)}"
        page = _PAGES.get_template("line_login.html").render(links=SERVED, asked=asked, user=user)
        return Response(page, 200, {"Content-Security-Policy": _POLICY}, mimetype="text/html")

    def _decide(self, request: Request) -> Response:
        asked = {name: request.form.get(name, "") for name in _ASKED}
        self._check(asked)
        user, state = request.form.get("user", "").strip(), asked["state"]
        if request.form.get("decision") != "allow" or not USER_ID.fullmatch(user):
            denied = {"error": "access_denied", "error_description": "denied", "state": state}
            return redirect(f"{asked['redirect_uri']}?{urlencode(denied)}")
        code = secrets.token_urlsafe(15)
        self._codes[code] = Grant(
            asked["client_id"],
            asked["redirect_uri"],
            user,
            asked["nonce"],
            time.monotonic() + CODE_SECONDS,
        )
        bot = self._settings.current.line.logins[asked["client_id"]].bot
        if bot and asked["bot_prompt"]:
            self._events.did(bot, user, {"type": "follow", "follow": {"isUnblocked": False}})
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': state})}")

    def _login_token(self, request: Request) -> Response:
        form = request.form
        channel = self._settings.current.line.logins.get(form.get("client_id", ""))
        if channel is None or form.get("client_secret") != channel.secret:
            raise _refused("invalid_client", "client_id or client_secret is invalid")
        if form.get("grant_type") != "authorization_code":
            raise _refused("unsupported_grant_type", "unsupported grant_type")
        grant = self._codes.pop(form.get("code", ""), None)
        if (
            grant is None
            or grant.until < time.monotonic()
            or (grant.client, grant.redirect) != (form["client_id"], form.get("redirect_uri"))
        ):
            raise _refused("invalid_grant", "invalid authorization code")
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": grant.user,
            "aud": grant.client,
            "exp": now + ID_TOKEN_SECONDS,
            "iat": now,
            "nonce": grant.nonce,
            "amr": ["linesso"],
        }
        return json_answer(
            {
                "access_token": secrets.token_urlsafe(48),
                "expires_in": 2_592_000,
                "id_token": _signed(claims, channel.secret),
                "refresh_token": secrets.token_urlsafe(16),
                "scope": "openid",
                "token_type": "Bearer",
            }
        )

    def _login_verify(self, request: Request) -> Response:
        form = request.form
        channel = self._settings.current.line.logins.get(form.get("client_id", ""))
        claims = _claims(form.get("id_token", ""), channel.secret) if channel else None
        if claims is None or claims["aud"] != form["client_id"]:
            raise _refused("invalid_request", "Invalid IdToken.")
        if claims["exp"] < time.time():
            raise _refused("invalid_request", "IdToken expired.")
        if "nonce" in form and form["nonce"] != claims["nonce"]:
            raise _refused("invalid_request", "Invalid IdToken Nonce.")
        return json_answer(claims)

    def _check(self, asked: dict[str, str]) -> None:
        channel = self._settings.current.line.logins.get(asked["client_id"])
        good = (
            channel is not None
            and asked["redirect_uri"] == channel.redirect
            and asked["response_type"] == "code"
            and asked["state"]
            and "openid" in asked["scope"].split()
        )
        if not good:
            raise Refused(Response("400 Bad Request", 400, mimetype="text/plain"))


_POLICY = CONTENT_POLICY.replace("form-action 'self'", "form-action *")
"""The browser goes on to the product, wherever it is, when the form is sent."""


def _signed(claims: dict[str, Any], secret: str) -> str:
    """A JSON Web Token, HS256 (RFC 7515), as LINE signs those of web logins."""
    parts = [
        _base64(json.dumps(each).encode()) for each in ({"typ": "JWT", "alg": "HS256"}, claims)
    ]
    return ".".join([*parts, _seal(".".join(parts), secret)])


def _claims(token: str, secret: str) -> dict[str, Any] | None:
    body, _, seal = token.rpartition(".")
    if not hmac.compare_digest(_seal(body, secret).encode(), seal.encode()):
        return None
    text = body.rpartition(".")[2]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def _seal(text: str, secret: str) -> str:
    return _base64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _refused(error: str, description: str) -> Refused:
    return Refused(json_answer({"error": error, "error_description": description}, 400))
