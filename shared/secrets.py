"""Secrets Manager: the keys of the platform and each account's provider credentials."""

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from shared.settings import setting

KEPT_SECONDS = 300
"""A rotated secret is in use everywhere after five minutes."""


class MissingCredentialsError(Exception):
    """An account has no credentials for a channel: nothing can be sent until staff add them."""


def platform_key(name: str) -> bytes:
    """One of the platform's own keys, named by the setting that holds its ARN."""
    return str(parameters.get_secret(setting(name), max_age=KEPT_SECONDS)).encode()


def credentials(account: str, channel: str) -> dict[str, str]:
    """An account's credentials for a channel, from `<prefix>/<account>/<channel>` (JSON)."""
    name = f"{setting('CREDENTIALS_PREFIX')}/{account}/{channel}"
    try:
        found = parameters.get_secret(name, transform="json", max_age=KEPT_SECONDS)
    except GetParameterError as error:
        message = f"the secret {name} cannot be read"
        raise MissingCredentialsError(message) from error
    return {key: str(value) for key, value in found.items()}
