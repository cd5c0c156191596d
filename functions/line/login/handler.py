"""LINE Login: who is on the web page, by a user ID that LINE has verified, and none other.

The way there and back is bound to the browser: a cookie holds a random value, the signed state its
hash. So nobody can end on our page a login that another began (RFC 6749, 10.12).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from itsdangerous import BadSignature, URLSafeTimedSerializer

from functions.line.login.api import LoginApi, LoginUnreachableError, NotVerifiedError
from functions.line.login.page import HEADERS, Ending, page
from shared.letterhead import Letterhead
from shared.rules.subscriber import Language
from shared.rules.touchpoint import WEB, link
from shared.secrets import MissingCredentialsError, address_key, credentials, platform_keys
from shared.settings import setting
from shared.store.confirmations import Confirmation
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import BadLinkError, Links

logger = Logger(service="line-login")
metrics = Metrics(namespace="Kizuna", service="line-login")
app = APIGatewayHttpResolver()

STATE_SECONDS = 600
"""So long somebody may take at LINE; a code of LINE's is good as long."""

SECRET = "line-login"  # noqa: S105 - the name of one
_JOIN, _ME = "join", "me"


@dataclass(frozen=True, slots=True)
class Resources:
    """What the pages need, opened once for each process."""

    store: Store
    links: Links
    letterhead: Letterhead
    states: URLSafeTimedSerializer

    @property
    def redirect(self) -> str:
        """Where LINE sends the browser back to; it is registered with the channel."""
        return f"{self.links.url}/line/callback"


@cache
def _resources() -> Resources:
    keys = platform_keys("LINK_KEY")
    return Resources(
        open_store(names_from_environment(), address_key),
        Links(setting("PUBLIC_URL"), keys),
        Letterhead.from_environment(),
        URLSafeTimedSerializer(keys, salt="line login"),
    )


class EndedError(Exception):
    """It ends here, and nothing was changed."""

    def __init__(
        self, ending: Ending, language: Language = Language.JAPANESE, back: str = ""
    ) -> None:
        super().__init__(ending.name)
        self.ending, self.language, self.back = ending, language, back


@app.get("/line/login/<token>")
def join(token: str) -> Response[str]:
    """The way to LINE of somebody who has filled in the form, or moves here."""
    resources = _resources()
    waiting = _waiting(resources, resources.links.read_line_login(token))
    return _to_line(waiting.account, _JOIN, waiting.id)


@app.get("/line/me/<account>")
def me(account: str) -> Response[str]:
    """The way to LINE of somebody who wants to see their own page."""
    if _resources().store.accounts.get(account) is None:
        raise EndedError(Ending.BAD_LINK)
    return _to_line(account, _ME, account)


@app.get("/line/callback")
def back() -> Response[str]:
    """Back from LINE: the confirmation is given by whoever LINE says it is."""
    resources, asked = _resources(), app.current_event.query_string_parameters
    browser = _cookies(app.current_event.raw_event).get(_cookie_name())
    what, about = _read_state(resources, asked.get("state", ""), browser or "")
    waiting = _waiting(resources, about) if what == _JOIN else None
    account = waiting.account if waiting else about
    if "error" in asked:
        raise _denied(resources, waiting, account)
    user = _who(resources, account, asked.get("code", ""), browser or "", waiting)
    if waiting is None:
        return _see_other(_own_page(resources, account, user))
    return _see_other(_confirmed(resources, waiting, user))


@app.exception_handler(EndedError)  # type: ignore[untyped-decorator]
def ended(error: EndedError) -> Response[str]:
    """A calm page that says how it ended."""
    _, status = error.ending.value
    metrics.add_metric(f"Login{error.ending.name.title().replace('_', '')}", MetricUnit.Count, 1)
    body = page(error.ending, error.language, _resources().letterhead, error.back)
    return Response(status, "text/html; charset=utf-8", body, dict(HEADERS))


@app.exception_handler(BadLinkError)  # type: ignore[untyped-decorator]
def bad_link(_error: BadLinkError) -> Response[str]:
    """A link that is not ours, or was cut off."""
    return ended(EndedError(Ending.BAD_LINK))  # type: ignore[no-any-return]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    metrics.add_metric("LoginPages", MetricUnit.Count, 1)
    return app.resolve(event, context)


def _to_line(account: str, what: str, about: str) -> Response[str]:
    resources, browser = _resources(), secrets.token_urlsafe(24)
    state = resources.states.dumps([what, about, _bound("state", browser)])
    url = _api(account).authorize(
        redirect=resources.redirect, state=state, nonce=_bound("nonce", browser)
    )
    cookie = f"{_cookie_name()}={browser}; Path=/; Max-Age={STATE_SECONDS}; HttpOnly; SameSite=Lax"
    secure = "; Secure" if _is_https() else ""
    return _redirect(HTTPStatus.FOUND, url, {"Set-Cookie": cookie + secure})


def _read_state(resources: Resources, state: str, browser: str) -> tuple[str, str]:
    """What was begun, and about what, where this browser began it not long ago."""
    try:
        what, about, bound = resources.states.loads(state, max_age=STATE_SECONDS)
    except (BadSignature, ValueError, TypeError):
        raise EndedError(Ending.AGAIN) from None
    if not browser or not hmac.compare_digest(str(bound), _bound("state", browser)):
        raise EndedError(Ending.AGAIN)
    return what, about


def _waiting(resources: Resources, confirmation: str) -> Confirmation:
    found = resources.store.confirmations.get(confirmation)
    if found is None or found.verified:
        raise EndedError(Ending.USED)
    return found


def _denied(resources: Resources, waiting: Confirmation | None, account: str) -> EndedError:
    """They did not go on at LINE: a page with the way to try once more."""
    if waiting is None:
        return EndedError(Ending.DENIED, back=f"{resources.links.url}/line/me/{account}")
    return EndedError(Ending.DENIED, waiting.language, resources.links.line_login(waiting.id))


def _who(
    resources: Resources, account: str, code: str, browser: str, waiting: Confirmation | None
) -> str:
    language = waiting.language if waiting else Language.JAPANESE
    try:
        return _api(account).who(code, redirect=resources.redirect, nonce=_bound("nonce", browser))
    except NotVerifiedError:
        raise EndedError(Ending.AGAIN, language) from None
    except LoginUnreachableError:
        raise EndedError(Ending.UNAVAILABLE, language) from None


def _confirmed(resources: Resources, waiting: Confirmation, user: str) -> str:
    """The page that shows what waits, to whom LINE has verified, with the button that does it: who
    was sent here by a link of another has not seen it.
    """
    if not resources.store.confirmations.verified(waiting.id, user):
        raise EndedError(Ending.USED, waiting.language)
    metrics.add_metric("LoginVerified", MetricUnit.Count, 1)
    return resources.links.confirm(waiting.id)


def _own_page(resources: Resources, account: str, user: str) -> str:
    """The page of the subscriber who this is, or the form where there is none."""
    place = (account, user)
    known = resources.store.subscribers.at_addresses([place]).get(place)
    found = resources.store.subscribers.get(known) if known else None
    if found is None:
        return link(resources.links.url, account, WEB)
    return resources.links.preferences(found.id, found.generation, datetime.now(UTC))


def _api(account: str) -> LoginApi:
    try:
        channel, secret = credentials(account, SECRET, "channel_id", "channel_secret")
    except MissingCredentialsError as error:
        logger.error(str(error))  # noqa: TRY400 - the line says all there is to know
        metrics.add_metric("MissingCredentials", MetricUnit.Count, 1)
        raise EndedError(Ending.IN_THE_CHAT) from None
    return LoginApi(setting("LINE_LOGIN"), setting("LINE_API"), channel, secret)


def _bound(use: str, browser: str) -> str:
    return hashlib.sha256(f"{use}.{browser}".encode()).hexdigest()[:32]


def _is_https() -> bool:
    return setting("PUBLIC_URL").startswith("https://")


def _cookie_name() -> str:
    """On https no other host and no subdomain can set it; the local platform is plain http."""
    return "__Host-line" if _is_https() else "line"


def _cookies(event: dict[str, Any]) -> dict[str, str]:
    """The cookies of a request of the HTTP API, which gives them beside the headers."""
    headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
    found: SimpleCookie = SimpleCookie()
    for each in [*(event.get("cookies") or []), str(headers.get("cookie", ""))]:
        try:
            found.load(each)
        except CookieError:
            continue
    return {name: morsel.value for name, morsel in found.items()}


def _see_other(url: str) -> Response[str]:
    gone = f"{_cookie_name()}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    return _redirect(HTTPStatus.SEE_OTHER, url, {"Set-Cookie": gone + ("; Secure" * _is_https())})


def _redirect(status: HTTPStatus, url: str, headers: dict[str, str]) -> Response[str]:
    return Response(
        status.value, "text/plain; charset=utf-8", "", {**HEADERS, **headers, "Location": url}
    )
