"""The inbox: what each subscriber's phone would show, as pages on the server or as files."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.header import decode_header, make_header
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from werkzeug.wrappers import Request, Response

from local.standins.answers import Refused
from local.standins.line_chat import LineChats
from local.standins.outbox import Mailbox, Message, Outbox
from local.standins.outbox_questions import in_mailbox, mailboxes, number_of_mailboxes
from local.standins.page import CONTENT_POLICY, SERVED, TEMPLATES, WRITTEN
from local.standins.segments import segments

ROUTES = (
    ("GET", "/", "index"),
    ("GET", "/inbox", "index"),
    ("GET", "/inbox/<mailbox>", "mailbox"),
)
PAGE_SIZE = 50
TIME_ZONE = ZoneInfo("Asia/Tokyo")
CHANNELS = {"email": "メール", "line": "LINE", "sms": "SMS"}
OUTCOMES = {
    "bounce": "届きませんでした(宛先不明)",
    "complaint": "迷惑メールとして報告されました",
}
HEADERS_SHOWN = ("Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post")
_IN_FRAME = '<base target="_blank"><meta name="viewport" content="width=device-width">'
_LINK = re.compile(r"https?://[!-~]+")
_CHARACTERS_IN_A_LINE = 34
_FRAME_REM = (14, 42)


def answer(
    name: str, request: Request, outbox: Outbox, path: Mapping[str, str], chats: LineChats
) -> Response:
    """Answer the inbox route `name`; raises Refused where there is no such mailbox."""
    if name == "index":
        page = _index(request, outbox, chats)
    else:
        page = _mailbox(outbox, path["mailbox"], chats)
    headers = {"Content-Security-Policy": CONTENT_POLICY, "Referrer-Policy": "no-referrer"}
    return Response(page, 200, headers, mimetype="text/html")


def write_static(outbox: Outbox, folder: Path) -> int:
    """Write index.html and a page per mailbox to `folder`; return how many mailboxes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WRITTEN.style).write_bytes((TEMPLATES / "style.css").read_bytes())
    boxes = {box.id: box for box in mailboxes(outbox)}
    index = _INDEX.render(
        links=WRITTEN,
        boxes=boxes.values(),
        total=len(boxes),
        channel="",
        search="",
        pages=(),
        accounts={},
    )
    (folder / "index.html").write_text(index, encoding="utf-8")
    newest_first = outbox.messages(tail="ORDER BY mailbox, id DESC")
    for mailbox, messages in groupby(newest_first, key=lambda message: message.mailbox):
        page = _MAILBOX.render(
            links=WRITTEN, box=boxes[mailbox], messages=list(messages), chat=None, newest=None
        )
        (folder / WRITTEN.mailbox.format(mailbox)).write_text(page, encoding="utf-8")
    return len(boxes)


def _index(request: Request, outbox: Outbox, chats: LineChats) -> str:
    channel, search = request.args.get("channel", ""), request.args.get("q", "").strip()
    page = max(1, request.args.get("page", 1, type=int))
    total = number_of_mailboxes(outbox, channel=channel, search=search)
    return _INDEX.render(
        links=SERVED,
        boxes=mailboxes(
            outbox,
            channel=channel,
            search=search,
            limit=PAGE_SIZE,
            offset=(page - 1) * PAGE_SIZE,
        ),
        total=total,
        channel=channel,
        search=search,
        pages=_pages(page, math.ceil(total / PAGE_SIZE)),
        page=page,
        accounts=chats.accounts(),
    )


def _mailbox(outbox: Outbox, mailbox: str, chats: LineChats) -> str:
    messages, shown = in_mailbox(outbox, mailbox), chats.shown(mailbox)
    if not messages and shown is None:
        raise Refused(Response(_MISSING.render(links=SERVED), 404, mimetype="text/html"))
    channel, sender, recipient, at = (
        (messages[0].channel, messages[0].sender, messages[0].recipient, messages[0].accepted_at)
        if messages
        else ("line", shown.chat.channel, shown.chat.user, "")  # type: ignore[union-attr]
    )
    box = Mailbox(mailbox, channel, sender, recipient, len(messages), at, "")
    said = shown.chat.said if shown else ()
    entries = [*((each.accepted_at, each) for each in messages), *((e.at, e) for e in said)]
    entries.sort(key=lambda entry: entry[0], reverse=True)
    newest = entries[0][1] if entries else None
    return _MAILBOX.render(
        links=SERVED,
        box=box,
        messages=[each for _, each in entries],
        chat=shown,
        newest=newest,
    )


def _pages(page: int, last: int) -> list[int]:
    """Return the page numbers to offer: the ends and the neighbours; 0 stands for a gap."""
    near = sorted({1, last, *range(max(1, page - 1), min(last, page + 1) + 1)})
    if last < 2:
        return []
    pairs = zip([0, *near], near, strict=False)
    return [n for before, here in pairs for n in ([here] if here - before == 1 else [0, here])]


def _moment(instant: str) -> Markup:
    """Return a UTC instant as a JST time element."""
    at = datetime.fromisoformat(instant).astimezone(TIME_ZONE)
    words = f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), words)


def _linked(text: str) -> Markup:
    """Return plain text with its addresses as links; Japanese text touches them without a space."""
    link = '<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>'
    parts = re.split(f"({_LINK.pattern})", text)
    return Markup().join(
        Markup(link).format(part) if index % 2 else escape(part)  # noqa: S704 - a literal above
        for index, part in enumerate(parts)
    )


def _header_words(value: str) -> str:
    """Return a header with its MIME encoded words decoded."""
    return str(make_header(decode_header(value)))


def _outcome_words(message: Message) -> str:
    known = OUTCOMES.get(message.outcome)
    if known or message.outcome == "delivered":
        return known or ""
    return f"届きませんでした({message.outcome.rpartition(' ')[2]})"


def _bubbles(message: Message) -> list[dict[str, Any]]:
    """Return what stands in each bubble of a LINE message: its words, the buttons that stay with
    it, and the quick replies that go when something newer comes.
    """
    return [
        {
            "text": one.get("text") or one.get("altText") or f"[{one['type']}]",
            "buttons": (one.get("template") or {}).get("actions", []),
            "replies": [
                item.get("action", {}) for item in (one.get("quickReply") or {}).get("items", [])
            ],
        }
        for one in message.content or ({"type": "text", "text": message.text},)
    ]


def _frame_rem(message: Message) -> int:
    """Return a height for the HTML part, guessed from the text, as no script can measure it."""
    lines = sum(
        1 + len(line) // _CHARACTERS_IN_A_LINE for line in message.text.splitlines() if line
    )
    return max(_FRAME_REM[0], min(_FRAME_REM[1], lines * 2 + 6))


def _framed(html: str) -> str:
    """Return an email's HTML for srcdoc (escaped by the page); links open beside the inbox."""
    return _IN_FRAME + html


_PAGES = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_PAGES.globals.update(CHANNELS=CHANNELS, HEADERS_SHOWN=HEADERS_SHOWN)
_PAGES.filters.update(
    moment=_moment,
    header_words=_header_words,
    outcome_words=_outcome_words,
    bubbles=_bubbles,
    frame_rem=_frame_rem,
    framed=_framed,
    linked=_linked,
    segments=segments,
)
_INDEX = _PAGES.get_template("index.html")
_MAILBOX = _PAGES.get_template("mailbox.html")
_MISSING = _PAGES.get_template("missing.html")
