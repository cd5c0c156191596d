"""Credentials of accounts at their providers, in Secrets Manager: put there by staff, and read by
what sends.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from shared.office.errors import Because, NotDoneError
from shared.rules.account import Channel

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Kind(StrEnum):
    """What an account has credentials for; the last part of the secret's name."""

    LINE = "line"
    LINE_LOGIN = "line-login"
    SMS = "sms"


PARTS: Mapping[Kind, Mapping[str, re.Pattern[str]]] = {
    kind: {name: re.compile(pattern, re.ASCII) for name, pattern in parts.items()}
    for kind, parts in {
        Kind.LINE: {"channel_id": r"\d{10}", "channel_secret": r"[0-9a-f]{32}"},
        Kind.LINE_LOGIN: {"channel_id": r"\d{10}", "channel_secret": r"[0-9a-f]{32}"},
        Kind.SMS: {
            "account_sid": r"AC[0-9a-f]{32}",
            "auth_token": r"[0-9a-f]{32}",
            "sender": r"\+[1-9]\d{6,14}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}",
        },
    }.items()
}
"""The parts of each, and what they look like (the providers' consoles, November 2026)."""

SECRET = frozenset({"channel_secret", "auth_token"})
"""The parts that nobody is shown again."""

NEEDED: Mapping[Channel, tuple[Kind, ...]] = {
    Channel.EMAIL: (),
    Channel.LINE: (Kind.LINE,),
    Channel.SMS: (Kind.SMS,),
}
"""Without what a channel sends nothing. Mails go out under the office's own domain."""

_WRITTEN = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class Stored:
    """Since when a secret is there, and when it was last changed (UTC)."""

    since: datetime
    changed: datetime


class Credentials:
    """The secrets `<prefix>/<account>/<kind>`, each a JSON object of its parts."""

    def __init__(self, secrets: "SecretsManagerClient", prefix: str) -> None:
        self._secrets, self._prefix = secrets, prefix

    def name(self, account: str, kind: Kind) -> str:
        """The name of a secret."""
        return f"{self._prefix}/{account}/{kind}"

    def put(self, account: str, kind: Kind, parts: Mapping[str, str]) -> None:
        """Store them, in place of what was; NotDoneError where the secret is being deleted."""
        name, text = self.name(account, kind), _WRITTEN.dump_json(dict(parts)).decode()
        errors = self._secrets.exceptions
        try:
            try:
                self._secrets.put_secret_value(SecretId=name, SecretString=text)
            except errors.ResourceNotFoundException:
                self._secrets.create_secret(Name=name, SecretString=text)
        except errors.InvalidRequestException:
            raise NotDoneError(
                f"the secret {name} is being deleted; restore it first", Because.CREDENTIALS
            ) from None

    def stored(self, account: str, kind: Kind) -> Stored | None:
        """Since when they are there; None where they are not."""
        try:
            found = self._secrets.describe_secret(SecretId=self.name(account, kind))
        except self._secrets.exceptions.ResourceNotFoundException:
            return None
        if dict(found).get("DeletedDate"):
            return None
        return Stored(found["CreatedDate"], found.get("LastChangedDate", found["CreatedDate"]))

    def get(self, account: str, kind: Kind) -> Mapping[str, str]:
        """The parts, for a call to the provider; NotDoneError where one of them is not there."""
        name, errors = self.name(account, kind), self._secrets.exceptions
        try:
            text = self._secrets.get_secret_value(SecretId=name)["SecretString"]
            found = _WRITTEN.validate_json(text)
        except (
            errors.ResourceNotFoundException,
            errors.InvalidRequestException,
            ValidationError,
        ):
            found = {}
        if any(not found.get(part) for part in PARTS[kind]):
            *parts, last = PARTS[kind]
            lacking = f"{', '.join(parts)} or {last}"
            # Without the cause: a secret that is no JSON object would stand in it.
            raise NotDoneError(
                f"the secret {name} is not there, or lacks {lacking}", Because.CREDENTIALS
            ) from None
        return found
