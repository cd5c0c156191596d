"""Addresses from before RFC 5321 was kept are quoted on the wire, and plain everywhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.mailbox import on_the_wire, plain


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("hanako@example.jp", "hanako@example.jp"),
        ("hana.ko+x@example.jp", "hana.ko+x@example.jp"),
        ("aaa..bbb@docomo.ne.jp", '"aaa..bbb"@docomo.ne.jp'),
        ("xxx.yyy.@docomo.ne.jp", '"xxx.yyy."@docomo.ne.jp'),
        ("_a/..b?@ezweb.ne.jp", '"_a/..b?"@ezweb.ne.jp'),
    ],
)
def test_only_what_is_no_dot_string_is_quoted(address: str, wire: str) -> None:
    assert on_the_wire(address) == wire
    assert plain(wire) == address


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._/?+-]{0,30}@docomo[.]ne[.]jp", fullmatch=True))
def test_the_plain_form_comes_back(address: str) -> None:
    assert plain(on_the_wire(address)) == address
