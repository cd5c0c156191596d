"""How many segments an SMS takes: as the stand-in counts, which was written apart from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.standins import segments as standin
from shared.rules.sms_segments import ESCAPED, PLAIN, segments


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("あ" * 70, 1),
        ("あ" * 71, 2),
        ("あ" * 134, 2),
        ("あ" * 135, 3),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("あ" + "a" * 69, 1),  # one kana, and the whole text is UCS-2
        ("あ" + "a" * 70, 2),
        ("€" * 80, 1),  # each takes two places
        ("€" * 81, 2),
        ("𠮷" * 35, 1),  # two UTF-16 units
        ("𠮷" * 36, 2),
        ("あ" + "𠮷" * 66, 2),  # 1 + 33 pairs, 33 pairs
        ("𠮷" * 67, 3),  # 33 pairs in each: none is cut in two
    ],
)
def test_segments_are_counted_as_twilio_does(text: str, number: int) -> None:
    assert segments(text) == number


@given(
    st.text(st.sampled_from(sorted(PLAIN | ESCAPED)), max_size=400)
    | st.text(st.sampled_from("あ𠮷a€\n漢👶"), max_size=250)
    | st.text(max_size=250)
)
def test_product_and_stand_in_count_the_same(text: str) -> None:
    text = "".join(each for each in text if not "\ud800" <= each <= "\udfff")

    assert segments(text) == standin.segments(text)
