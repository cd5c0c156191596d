"""LINE: one text to up to 500 users in a call; alone, where the text names the child."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.line.line_api import BAD_REQUEST, MULTICAST_LIMIT, LineApi
from shared.delivery import Addressed
from shared.letterhead import Letterhead
from shared.rules.reckoning import UNKNOWN, Batch, Outcome, Result


class LineSender:
    """LINE as the send loop sees it, for one run."""

    batch_size = MULTICAST_LIMIT
    same_text = True
    settling = timedelta(0)
    """Nothing can be asked of LINE; only a repeat under the retry key tells."""

    def __init__(self, api: LineApi, *, account: str, letterhead: Letterhead) -> None:
        self._api, self._account, self._letterhead = api, account, letterhead

    def calls(self, letters: Sequence[Addressed]) -> list[list[Addressed]]:
        """Those who get the very same text together, the most first."""
        groups: dict[str, list[Addressed]] = defaultdict(list)
        for each in letters:
            groups[self._text(each)].append(each)
        return sorted(groups.values(), key=len, reverse=True)

    def payload(self, call: Sequence[Addressed]) -> dict[str, Any]:
        """The whole request: LINE does not notice another body under the same key."""
        return {"to": [each.address for each in call], "text": self._text(call[0])}

    def send(self, batch: Batch, call: Sequence[Addressed]) -> list[Outcome]:  # noqa: ARG002
        """Send what was frozen, and nothing else."""
        payload = batch.payload or {}
        return self._api.send_text(payload["to"], payload["text"], batch.key)

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:  # noqa: ARG002
        """Repeat the frozen batch under its key: accepted once, whatever happened before.

        Only an acceptance or a 400 (which no accepted request gets) decides. A throttle, a limit
        or a refused token on the repeat says nothing of the first call, which may have been taken.
        """
        if not sending:
            return [UNKNOWN] * len(batch.entries)
        return [
            each if each.result is Result.ACCEPTED or each.code in BAD_REQUEST else UNKNOWN
            for each in self.send(batch, ())
        ]

    def _text(self, addressed: Addressed) -> str:
        words, head = addressed.words, self._letterhead
        footer = (
            f"――\n{self._account}\n{head.office}がお届けしています。\n"
            f"お問い合わせ: {head.contact}\n"
            "このアカウントをブロックすると、配信は止まります。"
        )
        return "\n\n".join((words.title, *words.parts, footer))
