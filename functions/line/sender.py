"""LINE: one text to up to 500 users in a call; alone, where the text names the child."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.line.answers import menu
from functions.line.line_api import BAD_REQUEST, MULTICAST_LIMIT, LineApi
from functions.line.messages import text
from functions.line.rate import cost
from functions.line.wording import say
from shared.delivery.sender import Addressed
from shared.letterhead import Letterhead
from shared.providers.rate_limit import RateLimit
from shared.rules.message import birth_prompt
from shared.rules.reckoning import UNKNOWN, Batch, Outcome, Result


class LineSender:
    """LINE as the send loop sees it, for one run."""

    same_text = True
    settling = timedelta(0)
    """Nothing can be asked of LINE; only a repeat under the retry key tells."""

    def __init__(
        self, api: LineApi, *, account: str, letterhead: Letterhead, rate_limit: RateLimit
    ) -> None:
        self._api, self._account, self._letterhead, self._rate_limit = (
            api,
            account,
            letterhead,
            rate_limit,
        )

    @property
    def batch_size(self) -> int:
        """Recipients of one call: as many as the rate lets pass in a second, 500 at the most."""
        return self._rate_limit.call_size(MULTICAST_LIMIT)

    def calls(self, letters: Sequence[Addressed]) -> list[list[Addressed]]:
        """Those who get the very same messages together, the most first."""
        groups: dict[str, list[Addressed]] = defaultdict(list)
        for each in letters:
            groups[json.dumps(self._messages(each))].append(each)
        return sorted(groups.values(), key=len, reverse=True)

    def payload(self, call: Sequence[Addressed]) -> dict[str, Any]:
        """The whole request: LINE does not notice another body under the same key."""
        return {"to": [each.address for each in call], "messages": self._messages(call[0])}

    def reserve(self, call: Sequence[Addressed], longest: float) -> float | None:
        """A call costs its recipients."""
        return self._reserved(len(call), longest)

    def reserve_repeat(self, batch: Batch, longest: float) -> float | None:
        """A repeat is a call as any other."""
        return self._reserved(len(batch.entries), longest)

    def _reserved(self, recipients: int, longest: float) -> float | None:
        return self._rate_limit.reserve(cost(recipients, self._rate_limit.per_second()), longest)

    def send(self, batch: Batch, call: Sequence[Addressed]) -> list[Outcome]:  # noqa: ARG002
        """Send what was frozen, and nothing else."""
        payload = batch.payload or {}
        return self._api.send(payload["to"], payload["messages"], batch.key)

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

    def _messages(self, addressed: Addressed) -> list[dict[str, Any]]:
        """The text, with what can be done about it as quick replies."""
        words, head, spoken = addressed.words, self._letterhead, addressed.letter.language
        prompt = birth_prompt(addressed.letter.due)
        names = {"sender": self._account, "office": head.office, "contact": head.contact}
        parts = [words.title, *words.parts, *([say("prompt", spoken)] if prompt else [])]
        ways = menu(spoken)
        replies = [ways["birth"]] if prompt else []
        replies += [ways["page"], ways["stop"]]
        return [text("\n\n".join([*parts, say("footer", spoken, **names)]), replies)]
