"""The plain Lambda way: each provider's own SDK, a call for each recipient, 32 threads."""

import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from linebot.v3.messaging import (
    ApiClient,
    Configuration,
    MessagingApi,
    PushMessageRequest,
    TextMessage,
)
from twilio.rest import Client

from bench.sending.work import Reader, catalogue
from shared.rules.account import Channel
from shared.rules.message import Due
from shared.rules.stage import Phase

THREADS = 32
TOKEN = "a token that is taken for one"  # noqa: S105
LINK = "https://kizuna.example.jp/m/{number}"


def prepare(work: list[Reader], few: list[Reader]) -> Callable[[], dict[str, Any]]:
    """Make the clients and send to a few; then the way to send to all."""
    texts = catalogue()
    ses = boto3.client("sesv2")
    url = os.environ["LINE_API"]
    line = MessagingApi(
        ApiClient(
            Configuration(host=url, access_token=TOKEN, ssl_ca_cert=os.environ["SSL_CERT_FILE"])
        )
    )
    twilio = Client("AC" + "0" * 32, "token")
    twilio.api.base_url = os.environ["TWILIO_API"]

    def send(reader: Reader) -> None:
        text = texts[Due(Phase.PREGNANCY, reader.day)]
        link = LINK.format(number=reader.number)
        body = f"{text.text}\n\n{link}"
        match reader.channel:
            case Channel.EMAIL:
                html = f"<html><body><h1>{text.title}</h1><p>{body}</p></body></html>"
                ses.send_email(
                    FromEmailAddress="bench@kizuna.example.jp",
                    Destination={"ToAddresses": [reader.address]},
                    Content={
                        "Simple": {
                            "Subject": {"Data": text.title},
                            "Body": {"Text": {"Data": body}, "Html": {"Data": html}},
                        }
                    },
                )
            case Channel.LINE:
                message = TextMessage(text=f"{text.title}\n\n{body}")
                line.push_message(
                    PushMessageRequest(to=reader.address, messages=[message]),
                    x_line_retry_key=str(uuid.uuid4()),
                )
            case Channel.SMS:
                twilio.messages.create(
                    to=reader.address, from_="+815012345678", body=f"{text.notice}\n{link}"
                )

    def send_all(readers: list[Reader]) -> dict[str, Any]:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(send, readers))
        return {}

    send_all(few)
    return lambda: send_all(work)
