"""What a text may say, in a file or a form. Each reader raises ValueError with the rule."""

from collections.abc import Callable

from shared.office.fields import one_line, prose
from shared.rules.catalogue import PLACEHOLDERS, unknown_placeholders
from shared.rules.text import Text

LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTICE = 40, 1000, 60
LONGEST_TEXT_UNITS = 2200
"""UTF-16 units: two such texts, a title and the sender's lines fit LINE's 5,000, where a person
may see one character in what takes many (family emoji)."""

_SHOWN = 20
_KNOWN = " and ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS, reverse=True))


def read_text(title: str, text: str, notice: str) -> Text:
    """A text that stands by itself, by the rules of the columns; ValueError says which is at fault
    and why.
    """
    read = {}
    for name, reader, written in (
        ("title", read_title, title),
        ("text", read_body, text),
        ("notice", read_notice, notice),
    ):
        if not written.strip():
            raise ValueError(f"its {name} is missing")
        try:
            read[name] = reader(written)
        except ValueError as error:
            raise ValueError(f"its {name} {error}") from None
    return Text(**read)


def _filled(read: Callable[[str], str]) -> Callable[[str], str]:
    """A reader that also refuses placeholders that nothing fills."""

    def checked(text: str) -> str:
        unknown = unknown_placeholders(text)
        if unknown:
            shown = " ".join(each[:_SHOWN] for each in dict.fromkeys(unknown))
            raise ValueError(f"{shown} is unknown; the placeholders are {_KNOWN}")
        return read(text)

    return checked


def _short_enough(read: Callable[[str], str]) -> Callable[[str], str]:
    """A reader that also refuses what LINE could not carry."""

    def checked(text: str) -> str:
        found = read(text)
        if len(found.encode("utf-16-le")) // 2 > LONGEST_TEXT_UNITS:
            raise ValueError(
                f"takes more than {LONGEST_TEXT_UNITS} UTF-16 units, too long for LINE; "
                "use fewer emoji or less text"
            )
        return found

    return checked


read_title = _filled(one_line(LONGEST_TITLE))
read_body = _short_enough(_filled(prose(LONGEST_TEXT)))
read_notice = _filled(prose(LONGEST_NOTICE))
