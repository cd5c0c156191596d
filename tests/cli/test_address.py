"""Each channel's addresses are stored in one way, however they were written."""

import pytest

from shared.rules.account import Channel
from shared.subscribers.address import address, likely_meant, shown_address

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


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co.jp", "gmail.com"),
        ("docomo.ne.jo", "docomo.ne.jp"),
        ("docomo.co.jp", "docomo.ne.jp"),
        ("yaho.co.jp", "yahoo.co.jp"),
        ("ezwed.ne.jp", "ezweb.ne.jp"),
    ],
)
def test_a_slip_of_a_well_known_domain_is_worth_a_question(domain, meant):
    assert likely_meant(f"hanako@{domain}") == f"hanako@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *("gmail.com", "docomo.ne.jp", "t.vodafone.ne.jp", "ymail.com", "mail.com", "dion.ne.jp"),
        *("example.jp", "city.bunkyo.lg.jp", "u-tokyo.ac.jp", "my-company.co.jp", "toyota.co.jp"),
    ],
)
def test_a_domain_that_is_known_or_like_none_is_not(domain):
    assert likely_meant(f"hanako@{domain}") is None


def test_a_number_is_shown_as_people_write_it():
    assert shown_address(Channel.SMS, "+819012345678") == "090-1234-5678"
    assert shown_address(Channel.SMS, "+12025550123") == "+1 202-555-0123"
    assert shown_address(Channel.EMAIL, "a..b@docomo.ne.jp") == "a..b@docomo.ne.jp"
