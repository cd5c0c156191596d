"""Target: the stack that a command talks to, on AWS or on the local platform."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import CallError, FailedError
from local.platform import STACK, Address, running, use
from shared.store.store import Names, Store, open_store

StackOption = Annotated[
    str | None,
    typer.Option(
        "--stack",
        envvar="KIZUNA_STACK",
        help="Stack on AWS; without it, the platform that `kizuna up` runs.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Target:
    """A stack, with the names that its outputs give."""

    stack: str
    outputs: Mapping[str, str]
    local: Address | None

    @cached_property
    def store(self) -> Store:
        """The stack's records."""
        names = Names(
            subscribers=self.outputs["SubscriberTable"],
            directory=self.outputs["DirectoryTable"],
            ledger=self.outputs["LedgerTable"],
            pending=self.outputs["PendingTable"],
            bucket=self.outputs["Bucket"],
            snapshots=self.outputs["SnapshotBucket"],
        )
        return open_store(names, self._address_key)

    def _address_key(self) -> bytes:
        secrets = boto3.client("secretsmanager")
        key = secrets.get_secret_value(SecretId=self.outputs["AddressKey"])
        return key["SecretString"].encode()


def connect(stack: str | None) -> Target:
    """The stack of that name, or the one of the running local platform.

    CallError where neither is there, FailedError where AWS does not answer.
    """
    local = running()
    here = local and os.environ.get("AWS_ENDPOINT_URL") == local.aws_url
    if local and (stack is None or (stack == STACK and here)):
        use(local)
        stack = STACK
    else:
        local = None
    if stack is None:
        raise CallError(
            "there is no platform to talk to: start one with `kizuna up`, "
            "or name a stack on AWS with --stack"
        )
    return connect_to(stack, local)


def connect_to(stack: str, local: Address | None = None) -> Target:
    """A stack by name, where the environment says; FailedError where AWS does not answer."""
    try:
        (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise FailedError(f"the stack {stack} cannot be read: {error}") from None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return Target(stack, outputs, local)
