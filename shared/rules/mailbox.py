"""Email addresses on the wire: as RFC 5321 wants those that carriers gave out before it was kept.

An address is stored, shown and compared in its plain form: `aaa..bbb@docomo.ne.jp`.
"""

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED = re.compile(r'"([^"\\]+)"@([^@]+)')


def on_the_wire(address: str) -> str:
    """The address as a mail carries it: quoted where what stands before the @ is no Dot-string
    (RFC 5321, 4.1.2), as with dots in a row or at its end.
    """
    local, _, domain = address.rpartition("@")
    return address if _DOT_STRING.fullmatch(local) else f'"{local}"@{domain}'


def plain(address: str) -> str:
    """The inverse: the plain form of an address that a provider tells."""
    match = _QUOTED.fullmatch(address)
    return f"{match[1]}@{match[2]}" if match else address
