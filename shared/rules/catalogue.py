"""Catalogue: the texts of a series by day, and how the office's and the account's join."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.rules.message import Due, Schedule
from shared.rules.stage import Phase
from shared.rules.subscriber import Letter
from shared.rules.text import Text

COMMON_SERIES = "common"

PLACEHOLDERS = frozenset({"child", "account"})
"""What a text may name: the child (or a word for it) and the account."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_WORD_FOR_CHILD = {Phase.PREGNANCY: "赤ちゃん", Phase.CHILDCARE: "お子さん"}


Catalogue = Mapping[Due, Text]


@dataclass(frozen=True, slots=True)
class Words:
    """A letter put into words: what every channel shows in its own form.

    `parts` are the common text and then the account's, each whole; `notice` is the SMS text
    without its link.
    """

    title: str
    parts: tuple[str, ...]
    notice: str


def schedule_of(*catalogues: Catalogue) -> Schedule:
    """The days that have a message in any of the series."""
    return frozenset((due.phase, due.day) for catalogue in catalogues for due in catalogue)


def carried(before: Catalogue, after: Catalogue, onto: Catalogue) -> Catalogue:
    """Another version, with what changed between `before` and `after`. A day that it has changed
    itself stays as it says.
    """
    texts = dict(onto)
    for due in {*before, *after}:
        if onto.get(due) != before.get(due):
            continue
        if (text := after.get(due)) is None:
            texts.pop(due, None)
        else:
            texts[due] = text
    return texts


def unknown_placeholders(text: str) -> list[str]:
    """The placeholders of `text` that nothing can fill, and lone braces, as they stand there."""
    unknown = [m[0] for m in _PLACEHOLDER.finditer(text) if m[1] not in PLACEHOLDERS]
    return unknown + re.findall(r"[{}]", _PLACEHOLDER.sub("", text))


def put_into_words(
    letter: Letter,
    *,
    common: Catalogue,
    own: Catalogue,
    account: str,
    enclosure: Text | None = None,
) -> Words:
    """The letter's words: the common part first, the account's part after it (〇〇市より), and what
    is enclosed last, where the letter carries it.

    An account's text on a day that the common series lacks is a message of its own, and so is
    what is enclosed. Title and notice say which child the letter is about, where it must.
    """
    child = letter.child or _WORD_FOR_CHILD[letter.due.phase]

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda m: child if m[1] == "child" else account, text)

    base, addition = common.get(letter.due), own.get(letter.due)
    last = enclosure if letter.enclosure else None
    first = base or addition or last
    if first is None:
        message = f"no text for {letter.due.phase} day {letter.due.day}"
        raise KeyError(message)
    title, notice, parts = fill(first.title), fill(first.notice), [fill(first.text)]
    if letter.about and first is not last:
        title, notice = f"{title}（{letter.about}）", f"{letter.about}: {notice}"
    if base is not None and addition is not None:
        parts.append(f"（{account}より）\n{fill(addition.text)}")
    if last is not None and first is not last:
        parts.append(f"（{account}より）\n{fill(last.text)}")
    return Words(title, tuple(parts), notice)
