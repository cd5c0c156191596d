"""LINE: one text to up to 500 users in a call; alone, where the text names the child."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.line.chat.replies import menu
from functions.line.line_api import LineApi
from functions.line.messages import text
from functions.line.rate import cost
from functions.line.sending import BAD_REQUEST, IN_FLIGHT, MULTICAST_LIMIT, send
from functions.line.wording import say
from shared.delivery.sender import Addressed, Call
from shared.letterhead import Letterhead
from shared.providers.http import run
from shared.providers.rate_limit import RateLimit
from shared.rules.catalogue import Words
from shared.rules.message import birth_prompt
from shared.rules.outcomes import UNKNOWN, Batch, Outcome, Result
from shared.rules.subscriber import Language

_Same = tuple[Words, Language, bool]
"""What readers have in common who get the very same message."""


class LineSender:
    """LINE as the send loop sees it, for one run."""

    in_flight = IN_FLIGHT
    repeats = True
    settling = timedelta(0)
    """Nothing can be asked of LINE; only a repeat under the retry key tells."""

    def __init__(
        self, api: LineApi, *, account: str, letterhead: Letterhead, rate_limit: RateLimit
    ) -> None:
        self._api, self._account, self._letterhead = api, account, letterhead
        self.rate_limit = rate_limit

    @property
    def batch_size(self) -> int:
        """Recipients of one call: as many as the rate lets pass in a second, 500 at the most."""
        return self.rate_limit.call_size(MULTICAST_LIMIT)

    def calls(self, letters: Sequence[Addressed]) -> list[Call]:
        """Those who get the very same messages together, the most first."""
        size, per_second = self.batch_size, self.rate_limit.per_second()
        groups: dict[_Same, list[Addressed]] = defaultdict(list)
        for each in letters:
            groups[each.words, each.letter.language, birth_prompt(each.letter.due)].append(each)
        found = []
        for same, group in sorted(groups.items(), key=lambda each: len(each[1]), reverse=True):
            messages = self._messages(*same)
            for start in range(0, len(group), size):
                some = tuple(group[start : start + size])
                # The whole request: LINE does not notice another body under the same key.
                request = {"to": [each.address for each in some], "messages": messages}
                found.append(Call(some, cost(len(some), per_second), payload=request))
        return found

    async def send(self, batch: Batch, call: Call | None = None) -> list[Outcome]:  # noqa: ARG002
        """Send what was frozen, and nothing else."""
        payload = batch.payload or {}
        return await send(self._api, payload["to"], payload["messages"], batch.key)

    def repeat_cost(self, batch: Batch) -> float:
        """A repeat is a call as any other."""
        return cost(len(batch.entries), self.rate_limit.per_second())

    def settle(self, batch: Batch, *, now: datetime, sending: bool) -> list[Outcome]:  # noqa: ARG002
        """Repeat the frozen batch under its key: accepted once, whatever happened before.

        Only an acceptance or a 400 (which no accepted request gets) decides. A throttle, a limit
        or a refused token on the repeat says nothing of the first call, which may have been taken.
        """
        if not sending:
            return [UNKNOWN] * len(batch.entries)
        return [
            each if each.result is Result.ACCEPTED or each.code in BAD_REQUEST else UNKNOWN
            for each in run(self.send(batch))
        ]

    def _messages(self, words: Words, spoken: Language, prompt: bool) -> list[dict[str, Any]]:
        """The text, with what can be done about it as quick replies."""
        head = self._letterhead
        names = {"sender": self._account, "office": head.office, "contact": head.contact}
        parts = [words.title, *words.parts, *([say("prompt", spoken)] if prompt else [])]
        ways = menu(spoken)
        replies = [ways["birth"]] if prompt else []
        replies += [ways["page"], ways["stop"]]
        return [text("\n\n".join([*parts, say("footer", spoken, **names)]), replies)]
