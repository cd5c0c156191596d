"""Secrets Manager: the keys of the platform and each account's provider credentials."""

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import (
    GetParameterError,
    TransformParameterError,
)

from shared.settings import setting

KEPT_SECONDS = 300
"""A rotated secret is in use everywhere after five minutes."""


class MissingCredentialsError(Exception):
    """An account has no credentials for a channel: nothing can be sent until staff add them."""


def platform_key(name: str) -> bytes:
    """One of the platform's own keys, named by the setting that holds its ARN."""
    return str(parameters.get_secret(setting(name), max_age=KEPT_SECONDS)).encode()


def credentials(account: str, channel: str, *names: str) -> list[str]:
    """The named parts of an account's credentials for a channel, from the JSON object in the
    secret `<prefix>/<account>/<channel>`; MissingCredentialsError where one is not there.
    """
    name = f"{setting('CREDENTIALS_PREFIX')}/{account}/{channel}"
    found: object
    try:
        found = parameters.get_secret(name, transform="json", max_age=KEPT_SECONDS)
    except (GetParameterError, TransformParameterError):
        # Without the cause: a secret that is no JSON would stand in it.
        raise MissingCredentialsError(f"the secret {name} cannot be read") from None
    parts = found if isinstance(found, dict) else {}
    missing = [each for each in names if not parts.get(each)]
    if missing:
        raise MissingCredentialsError(f"the secret {name} lacks {', '.join(missing)}")
    return [str(parts[each]) for each in names]
