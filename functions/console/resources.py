"""What the console needs, opened once for each process."""

from dataclasses import dataclass
from functools import cache

import boto3

from functions.console.oidc import Provider
from shared.letterhead import Letterhead
from shared.office.account.credentials import Credentials
from shared.rules.account import Channel
from shared.secrets import address_key, platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import Links
from shared.subscribers.notices import NoticeQueues


@dataclass(frozen=True, slots=True)
class Resources:
    """The records, who signs people in, the links of subscribers, and the ways to other Lambdas."""

    store: Store
    provider: Provider
    public_url: str
    links: Links
    letterhead: Letterhead
    notices: NoticeQueues
    credentials: Credentials


@cache
def resources() -> Resources:
    """The resources of this process."""
    public = setting("PUBLIC_URL").rstrip("/")
    return Resources(
        store=open_store(names_from_environment(), address_key),
        provider=Provider(
            setting("OIDC_ISSUER"), setting("OIDC_CLIENT"), f"{public}/console/callback"
        ),
        public_url=public,
        links=Links(public, platform_keys("LINK_KEY")),
        letterhead=Letterhead.from_environment(),
        notices=NoticeQueues(
            boto3.client("sqs"),
            {channel: setting(f"{channel.name}_NOTICE_QUEUE") for channel in Channel},
        ),
        credentials=Credentials(boto3.client("secretsmanager"), setting("CREDENTIALS_PREFIX")),
    )
