"""What tests and pages ask of the outbox: who got what, how often, and what was sent twice."""

from collections.abc import Sequence
from typing import Any

from local.standins.outbox import Mailbox, Message, Outbox

WORDS_SHOWN = 60
_MAILBOXES = f"""
    SELECT mailbox, channel, sender, recipient, count(*), max(id),
           accepted_at, substr(CASE subject WHEN '' THEN text ELSE subject END, 1, {WORDS_SHOWN})
    FROM messages
"""  # noqa: S608 - a number of our own
# SQLite takes the bare columns from the row of max(id): https://sqlite.org/lang_select.html#bareagg


def sent(
    outbox: Outbox,
    *,
    channel: str | None = None,
    sender: str | None = None,
    recipient: str | None = None,
    after: int = 0,
) -> list[Message]:
    """Return the accepted messages, oldest first, with an id above `after`."""
    asked = {"channel": channel, "sender": sender, "recipient": recipient}
    named = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join(["id > ?", *(f"{name} = ?" for name in named)])
    return outbox.messages(where, [after, *named.values()])


def in_mailbox(outbox: Outbox, mailbox: str) -> list[Message]:
    """Return the messages of a mailbox, newest first."""
    return outbox.messages("mailbox = ?", [mailbox], tail="ORDER BY id DESC")


def mailboxes(
    outbox: Outbox,
    *,
    channel: str = "",
    search: str = "",
    limit: int = -1,
    offset: int = 0,
) -> list[Mailbox]:
    """Return the mailboxes, the one with the latest message first; -1 is no limit."""
    where, values = _chosen(channel, search)
    rows = outbox.number_by(
        f"{_MAILBOXES} {where} GROUP BY mailbox ORDER BY max(id) DESC LIMIT ? OFFSET ?",
        [*values, limit, offset],
    )
    return [
        Mailbox(id_, channel_, sender, recipient, number, last_at, words)
        for id_, channel_, sender, recipient, number, _, last_at, words in rows
    ]


def number_of_mailboxes(outbox: Outbox, *, channel: str = "", search: str = "") -> int:
    """Return how many mailboxes `mailboxes` would list."""
    where, values = _chosen(channel, search)
    query = f"SELECT count(DISTINCT mailbox) FROM messages {where}"  # noqa: S608 - our own SQL
    number: int = outbox.number_by(query, values)[0][0]
    return number


def counts(outbox: Outbox) -> dict[str, Any]:
    """Return the sums: messages by channel and outcome, calls by answer, incidents, repeats."""
    return {
        "sent": dict(outbox.number_by("SELECT channel, count(*) FROM messages GROUP BY channel")),
        "outcomes": dict(
            outbox.number_by("SELECT outcome, count(*) FROM messages GROUP BY outcome")
        ),
        "mailboxes": number_of_mailboxes(outbox),
        "calls": [
            {"provider": provider, "operation": operation, "status": status, "number": number}
            for provider, operation, status, number in outbox.number_by(
                "SELECT provider, operation, status, number FROM calls ORDER BY 1, 2, 3"
            )
        ],
        "incidents": dict(outbox.number_by("SELECT kind, number FROM incidents")),
        "repeated": len(repeated(outbox)),
    }


def repeated(outbox: Outbox) -> list[dict[str, Any]]:
    """Return what one mailbox was sent more than once: the mailbox, how often, and the ids."""
    rows = outbox.number_by(
        "SELECT mailbox, count(*), group_concat(id) FROM messages"
        " GROUP BY mailbox, sameness HAVING count(*) > 1 ORDER BY min(id)"
    )
    return [
        {"mailbox": mailbox, "number": number, "ids": [int(i) for i in ids.split(",")]}
        for mailbox, number, ids in rows
    ]


def line_recipients_since(outbox: Outbox, channel_id: str, since: str) -> int:
    """Return how many recipients a LINE channel reached since an instant (ISO 8601, UTC)."""
    number: int = outbox.number_by(
        "SELECT count(*) FROM messages WHERE channel = 'line' AND sender = ? AND accepted_at >= ?",
        [channel_id, since],
    )[0][0]
    return number


def _chosen(channel: str, search: str) -> tuple[str, Sequence[str]]:
    wanted = f"%{search.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
    where = (
        "WHERE (? = '' OR channel = ?)"
        " AND (recipient LIKE ? ESCAPE '!' OR sender LIKE ? ESCAPE '!')"
    )
    return where, (channel, channel, wanted, wanted)
