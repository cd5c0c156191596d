"""Repeats: what a provider tells of messages that cannot be, had each been sent once.

A provider names each message by an id of its own, in its answer and in what it tells later. So a
message that went out twice shows, whoever was at fault.
"""

from collections.abc import Iterable, Mapping

from shared.rules.outcomes import Batch, Result


def unexpected(batch: Batch, told: Mapping[int, str]) -> dict[int, str]:
    """Those of the ids told, by position in a batch, that are not the ones on record."""
    return {
        position: told_id
        for position, told_id in told.items()
        if 0 <= position < len(batch.entries) and not _on_record(batch, position, told_id)
    }


def repeated(batch: Batch, told: Mapping[int, str], batches: Iterable[Batch]) -> set[str]:
    """Those of the unexpected ids told that are of a message sent twice: there is one on record
    for the same place, or `batches`, all of the job, have another that was accepted.
    """
    accepted = {
        (entry.subscriber, entry.due)
        for each in batches
        if each.id != batch.id
        for entry in each.entries
        if entry.outcome.result is Result.ACCEPTED
    }
    return {
        told_id
        for position, told_id in unexpected(batch, told).items()
        if _recorded(batch, position)
        or (batch.entries[position].subscriber, batch.entries[position].due) in accepted
    }


def _on_record(batch: Batch, position: int, told_id: str) -> bool:
    outcome = batch.entries[position].outcome
    if batch.settled and outcome.result is Result.ACCEPTED and outcome.provider_id is None:
        return True  # accepted, under whatever id
    recorded = _recorded(batch, position)
    return recorded == told_id or (recorded is None and not batch.settled)


def _recorded(batch: Batch, position: int) -> str | None:
    """The id on record: of what was accepted, or, before that is known, of what was told."""
    outcome = batch.entries[position].outcome
    accepted = outcome.provider_id if outcome.result is Result.ACCEPTED else None
    return accepted if batch.settled else accepted or batch.known.get(str(position))
