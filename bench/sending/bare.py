"""A bare asynchronous sender: aiohttp, as many recipients in a call as there may be, no records."""

import asyncio
import base64
import json
import os
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bench.sending.work import Reader, catalogue
from shared.rules.account import Channel
from shared.rules.message import Due
from shared.rules.stage import Phase

LINK = "https://kizuna.example.jp/m/{number}"
IN_FLIGHT = 100
_BASIC = "Basic " + base64.b64encode(b"AC:token").decode()

Call = tuple[str, dict[str, str], bytes]


def prepare(work: list[Reader], few: list[Reader]) -> Callable[[], dict[str, Any]]:
    """A loop with a session that has sent to a few; then the way to send to all."""
    loop = asyncio.new_event_loop()
    session = loop.run_until_complete(_session())

    def send(readers: list[Reader]) -> dict[str, Any]:
        loop.run_until_complete(_send(session, readers))
        return {}

    send(few)
    return lambda: send(work)


async def _session() -> aiohttp.ClientSession:
    tls = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=IN_FLIGHT))


async def _send(session: aiohttp.ClientSession, readers: list[Reader]) -> None:
    async def post(call: Call) -> None:
        url, headers, body = call
        async with session.post(url, data=body, headers=headers) as answer:
            await answer.read()
            answer.raise_for_status()

    await asyncio.gather(*map(post, _calls(readers)))


def _calls(readers: list[Reader]) -> Iterator[Call]:
    texts = catalogue()
    mails = [each for each in readers if each.channel is Channel.EMAIL]
    for start in range(0, len(mails), 50):
        entries = [_mail(each, texts) for each in mails[start : start + 50]]
        body = json.dumps({"BulkEmailEntries": entries}).encode()
        url = f"{os.environ['AWS_ENDPOINT_URL_SESV2']}/v2/email/outbound-bulk-emails"
        yield url, {"Content-Type": "application/json"}, body
    same: dict[int, list[str]] = defaultdict(list)
    for each in readers:
        if each.channel is Channel.LINE:
            same[each.day].append(each.address)
    for day, users in same.items():
        text = texts[Due(Phase.PREGNANCY, day)]
        messages = [{"type": "text", "text": f"{text.title}\n\n{text.text}"}]
        for start in range(0, len(users), 500):
            body = json.dumps({"to": users[start : start + 500], "messages": messages}).encode()
            url = f"{os.environ['LINE_API']}/v2/bot/message/multicast"
            yield url, {"Content-Type": "application/json", "Authorization": "Bearer t"}, body
    for each in readers:
        if each.channel is Channel.SMS:
            text = texts[Due(Phase.PREGNANCY, each.day)]
            sms = f"{text.notice}\n{LINK.format(number=each.number)}"
            form = {"To": each.address, "From": "+815012345678", "Body": sms}
            url = f"{os.environ['TWILIO_API']}/2010-04-01/Accounts/AC/Messages.json"
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            yield url, {**headers, "Authorization": _BASIC}, urlencode(form).encode()


def _mail(reader: Reader, texts: dict[Due, Any]) -> dict[str, Any]:
    text = texts[Due(Phase.PREGNANCY, reader.day)]
    body = f"{text.text}\n\n{LINK.format(number=reader.number)}"
    html = f"<html><body><h1>{text.title}</h1><p>{body}</p></body></html>"
    data = json.dumps({"subject": text.title, "text": body, "html": html}, ensure_ascii=False)
    template = {"ReplacementTemplate": {"ReplacementTemplateData": data}}
    to = {"ToAddresses": [reader.address]}
    return {"Destination": to, "ReplacementEmailContent": template}
