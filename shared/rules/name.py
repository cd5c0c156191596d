"""Names: what may stand as the name of a child or an account in messages that others send out.

A stranger may fill in a form with somebody's address. So a name holds letters, and nothing by which
a text is turned around, hidden or made a link.
"""

import unicodedata

_BETWEEN = frozenset(" \u3000・･ー-‐'’゠＝")
"""What stands between the letters of names: 山田 はな, ジャン・ポール, Anne-Marie, O'Hara."""

_IN_TITLES = frozenset("()（）&＆〇○")
"""What accounts have besides: 〇〇市（見本）, A&Bクリニック."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that nobody sees (Unicode's Default_Ignorable_Code_Point)."""

_LETTERS = ("L", "M", "Nd")
"""Unicode's categories of letters, marks on letters, and digits."""


def is_name(text: str) -> bool:
    """Whether a text may be what a child is called: no control, mark of direction, or link."""
    return _is_name(text, _BETWEEN)


def is_title(text: str) -> bool:
    """Whether a text may be what an account is called."""
    return _is_name(text, _BETWEEN | _IN_TITLES)


def _is_name(text: str, also: frozenset[str]) -> bool:
    kinds = [unicodedata.category(each) for each in text]
    return any(each.startswith("L") for each in kinds) and all(
        each in also or (kind.startswith(_LETTERS) and each not in _INVISIBLE)
        for each, kind in zip(text, kinds, strict=True)
    )
