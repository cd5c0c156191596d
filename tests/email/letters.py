"""Letters of a run, as the send loop hands them to a channel."""

from typing import Any

from shared.delivery.sender import Addressed
from shared.providers.rate_limit import RateLimit
from shared.rules.account import Channel
from shared.rules.catalogue import put_into_words
from shared.rules.message import Due
from shared.rules.outcomes import Batch, Entry
from shared.rules.stage import Phase
from shared.rules.subscriber import Letter
from shared.rules.text import Text
from shared.store.run import Run
from tests.world import TEN, TODAY, bunkyo

TEXTS = {
    Due(Phase.PREGNANCY, 224): Text(
        "32週0日", "むくみやすい頃です。\n無理をせずに。", "32週です。"
    ),
    Due(Phase.PREGNANCY, 225): Text("32週1日", "胎動が強くなる頃です。", "32週と1日です。"),
    Due(Phase.CHILDCARE, 3): Text("生後3日", "{child}はよく眠りますか。", "{child}は3日目です。"),
}


def a_run(channel: Channel, **changes: Any) -> Run:
    """The run of 文京区 on 25 November 2026; other settings where they are given."""
    (settings,) = bunkyo(**changes).settings
    return Run("bunkyo", TODAY, settings, {}, ((channel, 0),), TEN)


def letter(
    subscriber: str,
    address: str,
    *,
    phase: Phase = Phase.PREGNANCY,
    day: int = 224,
    child: str | None = None,
    about: str | None = None,
    own: str | None = None,
    text: Text | None = None,
    account: str = "文京区",
) -> Addressed:
    """A letter in words; `own` is the account's text of the day, `text` stands for TEXTS'."""
    due = Due(phase, day)
    what = Letter(subscriber, ("e1",), due, child, about)
    words = put_into_words(
        what,
        common={due: text or TEXTS[due]},
        own={due: Text("own", own, "own")} if own else {},
        account=account,
    )
    return Addressed(what, address, words)


def unhurried(per_second: float = 2_000.0) -> RateLimit:
    """The rate limit of an account that nobody else calls: every call may go at once."""
    return RateLimit(lambda *_: 0.0, lambda: per_second)


def frozen(*letters: Addressed, payload: Any = None, key: str = "key") -> Batch:
    """The batch of a call, frozen at ten."""
    entries = tuple(
        Entry(each.letter.subscriber, each.letter.enrolments, each.letter.due) for each in letters
    )
    return Batch("000001-000000", key, TEN, entries, payload)
