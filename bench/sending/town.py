"""A town on a local AWS: tables, queues and secrets of the template, texts, and readers."""

import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from itertools import batched

import boto3
import urllib3

from bench.sending.work import MEASURED, WARM, Reader, account, catalogue, readers, subscriber
from shared.store.store import names_from_environment, open_store
from tests.template import client, create_in_process, environment

WRITERS = 8


def build(work: list[Reader], rates: dict[str, str]) -> dict[str, str]:
    """Make a town anew, and give the environment in which its Lambdas find it."""
    urllib3.request("POST", f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/reset")
    client.cache_clear()
    given = {"Clock": "given", "PublicUrl": "https://kizuna.example.jp", **rates}
    found = environment(create_in_process(), given)
    os.environ.update(found)
    store = open_store(names_from_environment(), lambda: b"an invented key")
    store.content.publish("common", catalogue())
    channels = tuple(dict.fromkeys(each.channel for each in work))
    for name, send_at in ((WARM, time(9)), (MEASURED, time(10))):
        store.accounts.put(account(name, send_at, channels))
        _credentials(name)
    few = readers(2 * len(channels), channels, first=10_000_000)
    people = [(each, WARM) for each in few] + [(each, MEASURED) for each in work]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(_written, batched(people, 300)))
    return found


def _written(people: Iterable[tuple[Reader, str]]) -> None:
    store = open_store(names_from_environment(), lambda: b"an invented key")
    records = [subscriber(*each) for each in people]
    for _ in store.subscribers.add(records, {WARM: 1, MEASURED: 1}):
        pass


def _credentials(name: str) -> None:
    line = {"channel_id": "2001234567", "channel_secret": "s"}
    sms = {"account_sid": "AC" + "0" * 32, "auth_token": "t", "sender": "+815012345678"}
    for channel, parts in (("line", line), ("sms", sms)):
        boto3.client("secretsmanager").create_secret(
            Name=f"kizuna/accounts/{name}/{channel}", SecretString=json.dumps(parts)
        )
