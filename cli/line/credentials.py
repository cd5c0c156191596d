"""The credentials of an account's LINE channel, as staff have stored them."""

import boto3

from cli.target import Target
from functions.line.line_api import Credentials
from shared.office.account import credentials


def line_credentials(target: Target, account: str) -> Credentials:
    """The channel's id and secret; NotDoneError where they are not stored."""
    prefix = target.outputs["CredentialsPrefix"]
    stored = credentials.Credentials(boto3.client("secretsmanager"), prefix)
    parts = stored.get(account, credentials.Kind.LINE)
    return Credentials(parts["channel_id"], parts["channel_secret"])
