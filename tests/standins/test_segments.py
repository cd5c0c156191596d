"""SMS segments: what a text is billed as."""

import pytest

from local.standins.segments import segments


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("a" * 160, 1, "GSM-7 holds 160"),
        ("a" * 161, 2, "153 in each of several"),
        ("a" * 306, 2, "two full ones"),
        ("a" * 307, 3, "one more"),
        ("€" * 80, 1, "an extended character takes two places"),
        ("€" * 81, 2, "162 places"),
        ("a" * 152 + "€" + "a" * 152, 3, "an escape is not split: the first has 152, and so on"),
        ("あ" * 70, 1, "UCS-2 holds 70"),
        ("あ" * 71, 2, "67 in each of several"),
        ("あ" * 134, 2, "two full ones"),
        ("あ" * 135, 3, "one more"),
        ("👶" * 35, 1, "an emoji is two UTF-16 units"),
        ("👶" * 36, 2, "72 units"),
        ("👶" * 67, 3, "an emoji is not split: 33 in each"),
        ("a" * 159 + "あ", 3, "one Japanese character makes all of it UCS-2"),
    ],
)
def test_segments(text, number, reason):
    assert segments(text) == number, reason
