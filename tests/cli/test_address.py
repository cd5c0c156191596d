"""Each channel's addresses are stored in one way, however they were written."""

import pytest

from shared.rules.account import Channel
from shared.subscribers.address import address

LINE_USER = "U4af4980629c0a1b2c3d4e5f60718293a"


@pytest.mark.parametrize(
    ("channel", "text", "stored"),
    [
        ("email", "hana@example.jp", "hana@example.jp"),
        ("email", "Hana.Y+kizuna@EXAMPLE.co.JP", "Hana.Y+kizuna@example.co.jp"),
        ("email", "hana@例え.jp", "hana@xn--r8jz45g.jp"),
        ("line", LINE_USER, LINE_USER),
        ("sms", "+819012345678", "+819012345678"),
        ("sms", "090-1234-5678", "+819012345678"),
        ("sms", "０９０（１２３４）５６７８", "+819012345678"),
        ("sms", "080 1234 5678", "+818012345678"),
        ("sms", "060−1234−5678", "+816012345678"),
        ("sms", "070-0000-0000", "+817000000000"),
        ("sms", "+1 650 253 0000", "+16502530000"),
    ],
)
def test_an_address_is_stored_in_one_way(channel, text, stored):
    assert address(Channel(channel), text) == stored


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        ("email", "hana"),
        ("email", "hana@localhost"),
        ("email", "はな@example.jp"),
        ("email", "Hana <hana@example.jp>"),
        ("email", "a@example.jp,b@example.jp"),
        ("email", "hana@example.jp\nBcc: b@example.jp"),
        ("line", LINE_USER.upper()),
        ("line", LINE_USER[:-1]),
        ("line", "@hana"),
        ("sms", "3087654321"),
        ("sms", "03-1234-5678"),
        ("sms", "050-1234-5678"),
        ("sms", "090-1234-567"),
        ("sms", "090-1234-56789"),
        ("sms", "0120-FLOWER"),
        ("sms", "+999 1234567"),
        ("sms", "+1 555"),
        ("sms", "hana@example.jp"),
    ],
)
def test_what_cannot_be_written_to_is_refused_without_naming_it(channel, text):
    with pytest.raises(ValueError, match=r"must be|there is no") as raised:
        address(Channel(channel), text)
    assert text not in str(raised.value)
