"""LINE Login v2.1: where a browser is sent, and who came back, as LINE itself has verified.

Source: https://developers.line.biz/en/reference/line-login/ (read 2026-11).
"""

import re
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from pydantic import StringConstraints

from functions.line.chat.event import USER_ID
from shared.providers.answers import Shape, UnreadableAnswerError, read
from shared.providers.http import NoAnswerError, NotConnectedError, request, run

ANSWER_SECONDS = 8.0
"""Two calls are made while a browser waits for the page, 29 seconds at the most."""

_CODE = re.compile(r"[!-~]{1,2048}")


class _Tokens(Shape):
    id_token: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,8192}$")]


class _Verified(Shape):
    sub: Annotated[str, StringConstraints(pattern=f"^{USER_ID.pattern}$")]


S = TypeVar("S", bound=Shape)


class NotVerifiedError(Exception):
    """LINE did not say who it is: the code or the ID token was refused."""


class LoginUnreachableError(Exception):
    """LINE gave no answer that can be used."""


@dataclass(frozen=True, slots=True, repr=False)
class LoginApi:
    """An account's LINE Login channel. `authorize_url` and `api_url` are base URLs."""

    authorize_url: str
    api_url: str
    channel_id: str
    channel_secret: str

    def authorize(self, *, redirect: str, state: str, nonce: str) -> str:
        """Where the browser is sent. LINE asks there whether to add the account as a friend."""
        asked = {
            "response_type": "code",
            "client_id": self.channel_id,
            "redirect_uri": redirect,
            "state": state,
            "nonce": nonce,
            "scope": "openid",
            "bot_prompt": "aggressive",
        }
        return f"{self.authorize_url.rstrip('/')}/oauth2/v2.1/authorize?{urlencode(asked)}"

    def who(self, code: str, *, redirect: str, nonce: str) -> str:
        """The user ID behind a code, from the ID token that LINE has verified.

        NotVerifiedError, LoginUnreachableError.
        """
        if not _CODE.fullmatch(code):  # it comes back through the browser
            raise NotVerifiedError
        tokens = self._post(
            "token",
            _Tokens,
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect,
            client_id=self.channel_id,
            client_secret=self.channel_secret,
        )
        return self._post(
            "verify",
            _Verified,
            id_token=tokens.id_token,
            client_id=self.channel_id,
            nonce=nonce,
        ).sub

    def _post(self, call: str, shape: type[S], **form: str) -> S:
        try:
            answer = run(
                request(
                    "POST",
                    f"{self.api_url.rstrip('/')}/oauth2/v2.1/{call}",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                    body=urlencode(form).encode(),
                    answer_seconds=ANSWER_SECONDS,
                )
            )
        except (NotConnectedError, NoAnswerError):
            raise LoginUnreachableError from None
        if answer.status in range(400, 500) and answer.status != 429:
            raise NotVerifiedError
        if answer.status != 200:
            raise LoginUnreachableError
        try:
            return read(shape, answer.body)
        except UnreadableAnswerError:
            raise LoginUnreachableError from None
