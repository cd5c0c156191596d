"""How many SMS segments a text takes, as it is billed."""

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Characters that take an escape, so two places (3GPP TS 23.038)."""

GSM_7_UNITS = (160, 153)
UCS_2_UNITS = (70, 67)
LAST_OF_ONE_UNIT = "\uffff"
"""Units in a single segment, and in each of several (UCS-2: UTF-16 code units)."""


def segments(text: str) -> int:
    """Return the number of segments of `text`; a character is never split between two."""
    if all(c in GSM_7 or c in GSM_7_EXTENDED for c in text):
        return _parts([2 if c in GSM_7_EXTENDED else 1 for c in text], GSM_7_UNITS)
    return _parts([2 if c > LAST_OF_ONE_UNIT else 1 for c in text], UCS_2_UNITS)


def _parts(sizes: list[int], units: tuple[int, int]) -> int:
    single, each = units
    if sum(sizes) <= single:
        return 1
    number, used = 1, 0
    for size in sizes:
        if used + size > each:
            number, used = number + 1, 0
        used += size
    return number
