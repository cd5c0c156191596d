"""Signing in and out. These routes alone are open to everybody."""

import hashlib
import re
import secrets

from functions.console.app import app, guard
from functions.console.oidc import SignInRefusedError
from functions.console.page import page, see, static
from functions.console.resources import resources
from shared.console.guard import COOKIE, Ask, Page, cookie, cookie_header
from shared.console.roles import Role
from shared.store.sessions import LASTS_SECONDS, LOGIN_SECONDS

LOGIN_COOKIE = "__Host-kizuna-login"
HOME = "/console"

_PATH = re.compile(r"/console(/[A-Za-z0-9._~/-]*)?(\?[A-Za-z0-9._~=&%+-]*)?")
_CODE = re.compile(r"[!-~]{1,2048}")


def safe_path(path: str) -> str:
    """Where a sign-in may lead: a page of the console, else its first."""
    good = _PATH.fullmatch(path) and "//" not in path and ".." not in path
    return path if good else HOME


@guard.get("/console", needs=None)
def home(ask: Ask) -> Page:
    """To the first page of whoever is signed in."""
    return see("/console/mine" if ask.session.role is Role.OFFICER else "/console/today")


@app.get("/console/login")
def login() -> Page:
    """Send the browser to the identity provider. The way there and back is bound to it: a cookie
    holds a random value, the state its hash.
    """
    mark = secrets.token_urlsafe(32)
    query = app.current_event.raw_event.get("queryStringParameters") or {}
    where, begun = resources().provider.begin(_state(mark), safe_path(query.get("next", HOME)))
    resources().store.sessions.begin_login(_state(mark), begun)
    sent = see(where)
    sent.headers["Set-Cookie"] = cookie_header(LOGIN_COOKIE, mark, seconds=LOGIN_SECONDS)
    return sent


@app.get("/console/callback")
def callback() -> Page:
    """Who has signed in: a new session, whatever cookie there was before."""
    query = app.current_event.raw_event.get("queryStringParameters") or {}
    mark, state, code = cookie(app.current_event, LOGIN_COOKIE), query.get("state", ""), ""
    if mark and secrets.compare_digest(_state(mark).encode(), state.encode()):
        code = query.get("code", "")
    begun = resources().store.sessions.take_login(state) if _CODE.fullmatch(code) else None
    if begun is None:
        raise SignInRefusedError
    who = resources().provider.who(code, begun)
    token = resources().store.sessions.begin(who.name, who.email, who.role, who.account)
    signed_in = see(safe_path(begun.path))
    signed_in.headers["Set-Cookie"] = cookie_header(COOKIE, token, seconds=LASTS_SECONDS)
    return signed_in


@guard.post("/console/logout", needs=None)
def logout(_ask: Ask) -> Page:
    """End the session here; the page that says so ends it at the provider."""
    resources().store.sessions.end(cookie(app.current_event, COOKIE))
    left = see("/console/signed-out", here="yes")
    left.headers["Set-Cookie"] = cookie_header(COOKIE, "", seconds=0)
    return left


@app.get("/console/signed-out")
def signed_out() -> Page:
    """That it is over: here, and then at the provider, who leads back."""
    query = app.current_event.raw_event.get("queryStringParameters") or {}
    back = f"{resources().public_url}/console/signed-out"
    there = resources().provider.end(back) if query.get("here") == "yes" else None
    return page("signed_out", None, there=there)


@app.get("/console/static/<name>")
def file(name: str) -> Page:
    """A stylesheet or script."""
    return static(name)


def _state(mark: str) -> str:
    return hashlib.sha256(mark.encode()).hexdigest()
