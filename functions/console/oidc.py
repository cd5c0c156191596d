"""OpenID Connect: where somebody is sent to sign in, and who came back, as the provider signs.

The code flow with PKCE (RFC 7636), without a client secret. Source: OpenID Connect Core 1.0 and
Discovery 1.0; Cognito's user pool endpoints (read November 2026).
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import jwt
import urllib3

from shared.console.roles import Role, highest
from shared.providers.answers import Shape, UnreadableAnswerError, read
from shared.store.sessions import Login

GROUPS = "cognito:groups"
ACCOUNT = "custom:account"
LONGEST_NAME = 40
ALGORITHMS = ("RS256",)
ANSWER_SECONDS = 5

_HTTP = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=ANSWER_SECONDS), retries=False)


class SignInRefusedError(Exception):
    """The provider did not say who it is, or whom it named may not sign in."""


class ProviderUnreachableError(Exception):
    """The provider gave no answer that can be used."""


class _Tokens(Shape):
    id_token: str


class Metadata(Shape):
    """What of a provider's discovery document is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, as the provider says."""

    name: str
    email: str
    role: Role
    account: str | None


@dataclass(frozen=True, slots=True)
class Provider:
    """The identity provider of the office's staff: its issuer, our client there, and where it sends
    people back to.
    """

    issuer: str
    client: str
    redirect: str

    def begin(self, state: str, path: str) -> tuple[str, Login]:
        """Where the browser is sent, and what has to come back with it."""
        login = Login(secrets.token_urlsafe(24), secrets.token_urlsafe(48), path)
        challenge = hashlib.sha256(login.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": self.redirect,
            "scope": "openid email profile",
            "state": state,
            "nonce": login.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{_metadata(self.issuer).authorization_endpoint}?{urlencode(asked)}", login

    def who(self, code: str, login: Login) -> Identity:
        """Who signed in: SignInRefusedError where the provider does not vouch for it, or for nobody
        who has a role here; ProviderUnreachableError.
        """
        token = self._token(code, login.verifier)
        try:
            key = _keys(_metadata(self.issuer).jwks_uri).get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.client,
                issuer=_metadata(self.issuer).issuer,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
                leeway=30,
            )
        except jwt.PyJWKClientConnectionError as error:
            raise ProviderUnreachableError from error
        except jwt.PyJWTError as error:
            raise SignInRefusedError from error
        if claims.get("nonce") != login.nonce:
            raise SignInRefusedError
        return _identity(claims)

    def end(self, back: str) -> str | None:
        """Where the browser is sent to sign out there too, and from there `back`; None where it
        cannot.
        """
        try:
            there = _metadata(self.issuer).end_session_endpoint
        except ProviderUnreachableError:
            return None
        if not there:
            return None
        # Cognito has names of its own for what OpenID Connect RP-Initiated Logout 1.0 says.
        asked = {"client_id": self.client, "logout_uri": back, "post_logout_redirect_uri": back}
        return f"{there}?{urlencode(asked)}"

    def _token(self, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "client_id": self.client,
            "code_verifier": verifier,
        }
        endpoint = _metadata(self.issuer).token_endpoint
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = _HTTP.request("POST", endpoint, body=urlencode(form), headers=kind)
            if answer.status in range(400, 500):
                raise SignInRefusedError
            return read(_Tokens, answer.data).id_token
        except (urllib3.exceptions.HTTPError, UnreadableAnswerError) as error:
            raise ProviderUnreachableError from error


def _identity(claims: dict[str, Any]) -> Identity:
    """Whom the claims name; SignInRefusedError where that is nobody with a role."""
    groups = claims.get(GROUPS)
    role = highest([str(each) for each in groups]) if isinstance(groups, list) else None
    account = str(claims.get(ACCOUNT) or "")
    email = str(claims.get("email") or "")
    name = " ".join(str(claims.get("name") or email).split())[:LONGEST_NAME]
    if role is None or not name or (role is Role.OFFICER and not account):
        raise SignInRefusedError
    return Identity(name, email, role, account if role is Role.OFFICER else None)


@cache
def _metadata(issuer: str) -> Metadata:
    """The provider's discovery document, once in a process."""
    try:
        answer = _HTTP.request("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if answer.status != 200:
            raise ProviderUnreachableError
        return read(Metadata, answer.data)
    except (urllib3.exceptions.HTTPError, UnreadableAnswerError) as error:
        raise ProviderUnreachableError from error


@cache
def _keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, cache_keys=True, timeout=ANSWER_SECONDS)
