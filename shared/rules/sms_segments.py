"""Segments: how many an SMS takes, which is what Twilio counts and bills.

Source: Twilio's page on segments and 3GPP TS 23.038, read November 2026.
"""

from collections.abc import Sequence

PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = frozenset("\f^{}\\[~]|€")
"""GSM-7: its characters, and those that take the place of two."""

GSM_7 = (160, 153)
UCS_2 = (70, 67)
"""Places in a segment that is alone, and in each of several. A text that is not all GSM-7 is UCS-2:
its places are UTF-16 units, so Japanese goes by it."""


_ANY_GSM_7 = PLAIN | ESCAPED


def segments(text: str) -> int:
    """How many segments a text takes, one at the least."""
    if _ANY_GSM_7.issuperset(text):
        return _filled([1 + (each in ESCAPED) for each in text], *GSM_7)
    if max(text) < "\U00010000":  # each character has one place, as in all that is common
        alone, of_several = UCS_2
        return 1 if len(text) <= alone else -(-len(text) // of_several)
    return _filled([1 + (each >= "\U00010000") for each in text], *UCS_2)


def _filled(widths: Sequence[int], alone: int, of_several: int) -> int:
    """How many segments characters of these widths fill; none is ever cut in two."""
    if sum(widths) <= alone:
        return 1
    number, used = 1, 0
    for width in widths:
        if used + width > of_several:
            number, used = number + 1, 0
        used += width
    return number
