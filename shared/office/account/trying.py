"""Trying an account's credentials at the provider, with a call that sends and costs nothing.

Source: LINE's reference of the stateless channel access token, of which any number may be issued,
and Twilio's OpenAPI document (Accounts), both read November 2026.
"""

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import quote, urlencode

import urllib3

from shared.providers.answers import Shape, UnreadableAnswerError, read

_HTTP = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=5), retries=False)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_OK, _TOO_MANY, _SERVER_FAILED = 200, 429, 500


class Tried(StrEnum):
    """What came of it."""

    GOOD = "good"
    REFUSED = "refused"
    """The provider does not know them."""
    INACTIVE = "inactive"
    """They are right, but the provider has suspended or closed the account."""
    NO_ANSWER = "no_answer"
    """It cannot be told now."""


class _Token(Shape):
    access_token: str


class _Account(Shape):
    sid: str
    status: str


def try_line(base_url: str, parts: Mapping[str, str]) -> Tried:
    """Have LINE issue a token that nobody uses."""
    form = {
        "grant_type": "client_credentials",
        "client_id": parts["channel_id"],
        "client_secret": parts["channel_secret"],
    }
    url = f"{base_url.rstrip('/')}/oauth2/v3/token"
    status, body = _asked("POST", url, headers=_FORM, body=urlencode(form))
    if status != _OK:
        return _refusal(status)
    try:
        return Tried.GOOD if read(_Token, body).access_token else Tried.NO_ANSWER
    except UnreadableAnswerError:
        return Tried.NO_ANSWER


def try_twilio(base_url: str, parts: Mapping[str, str]) -> Tried:
    """Have Twilio tell of the account itself."""
    sid = parts["account_sid"]
    url = f"{base_url.rstrip('/')}/2010-04-01/Accounts/{quote(sid, safe='')}.json"
    key = urllib3.make_headers(basic_auth=f"{sid}:{parts['auth_token']}")
    status, body = _asked("GET", url, headers=key)
    if status != _OK:
        return _refusal(status)
    try:
        found = read(_Account, body)
    except UnreadableAnswerError:
        return Tried.NO_ANSWER
    return Tried.GOOD if (found.sid, found.status) == (sid, "active") else Tried.INACTIVE


def _asked(
    method: str, url: str, *, headers: Mapping[str, str], body: str | None = None
) -> tuple[int, bytes]:
    """Status and body of the answer; a server's failure where there is none."""
    try:
        answer = _HTTP.request(method, url, headers=headers, body=body, redirect=False)
    except urllib3.exceptions.HTTPError:
        return _SERVER_FAILED, b""
    return answer.status, answer.data


def _refusal(status: int) -> Tried:
    known = status < _SERVER_FAILED and status != _TOO_MANY
    return Tried.REFUSED if known else Tried.NO_ANSWER
