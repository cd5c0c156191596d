"""Secrets Manager: the keys of the platform and each account's provider credentials."""

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from pydantic import TypeAdapter, ValidationError

from shared.settings import setting

_PARTS = TypeAdapter(dict[str, str])

KEPT_SECONDS = 300
"""A rotated secret is in use everywhere after five minutes."""


class MissingCredentialsError(Exception):
    """An account has no credentials for a channel: nothing can be sent until staff add them."""


def platform_keys(name: str) -> list[bytes]:
    """The platform's own keys of a kind, named by the setting that holds the secret's ARN: a line
    each, the newest last.
    """
    return str(parameters.get_secret(setting(name), max_age=KEPT_SECONDS)).encode().split()


def address_key() -> bytes:
    """The key of the hash under which addresses are found, whole: `kizuna import` uses the same."""
    return str(parameters.get_secret(setting("ADDRESS_KEY"), max_age=KEPT_SECONDS)).encode()


def credentials(account: str, channel: str, *names: str) -> list[str]:
    """The named parts of an account's credentials for a channel, from the JSON object in the
    secret `<prefix>/<account>/<channel>`; MissingCredentialsError where one is not there.
    """
    name = f"{setting('CREDENTIALS_PREFIX')}/{account}/{channel}"
    try:
        text = str(parameters.get_secret(name, max_age=KEPT_SECONDS))
        found = _PARTS.validate_json(text)
    except (GetParameterError, ValidationError):
        # Without the cause: a secret that is no JSON object would stand in it.
        raise MissingCredentialsError(f"the secret {name} cannot be read") from None
    missing = [each for each in names if not found.get(each)]
    if missing:
        raise MissingCredentialsError(f"the secret {name} lacks {', '.join(missing)}")
    return [found[each] for each in names]
