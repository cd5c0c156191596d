"""The credentials of an account's LINE channel, as staff have stored them."""

import boto3
from pydantic import TypeAdapter, ValidationError

from cli.errors import FailedError
from cli.target import Target
from functions.line.line_api import Credentials
from shared.rules.account import Channel

_PARTS = TypeAdapter(dict[str, str])


def line_credentials(target: Target, account: str) -> Credentials:
    """The channel's id and secret; FailedError where they are not stored."""
    name = f"{target.outputs['CredentialsPrefix']}/{account}/{Channel.LINE}"
    secrets = boto3.client("secretsmanager")
    try:
        parts = _PARTS.validate_json(secrets.get_secret_value(SecretId=name)["SecretString"])
        return Credentials(parts["channel_id"], parts["channel_secret"])
    except (secrets.exceptions.ResourceNotFoundException, ValidationError, KeyError):
        raise FailedError(
            f"the secret {name} is not there, or lacks channel_id or channel_secret"
        ) from None
