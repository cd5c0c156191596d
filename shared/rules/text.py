"""Text: what the office or an account writes to parents, in the forms that channels show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """The text for one day: `title` up to 40, `text` up to 1,000, `notice` (SMS) up to 60
    characters as a person counts them.
    """

    title: str
    text: str
    notice: str
