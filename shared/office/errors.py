"""What the office asks for that cannot be done."""

from enum import Enum, auto


class Because(Enum):
    """What kind of reason it has: a page says it in its reader's language."""

    STATE = auto()
    """It is not open as things are."""
    UNKNOWN = auto()
    """What was named is not there."""
    CHANGED = auto()
    """Somebody else changed it at the same time."""
    ANOTHER_PERSON = auto()
    """Whoever asked for it cannot be who approves it."""
    ALREADY = auto()
    """It is so already, or was decided before."""
    OVER = auto()
    """Its time has passed."""
    HOURS = auto()
    """Messages go out between an account's hour and its quiet hours only."""
    BOUNCES = auto()
    """The bounce guard holds it."""
    TAKEN = auto()
    """There is one of that name or id."""
    CREDENTIALS = auto()
    """A provider's credentials are not there, or not whole."""
    INPUT = auto()
    """What was typed or chosen does not allow it."""


class NotDoneError(Exception):
    """The line that says why, for whoever asked, at whatever door. Nothing was changed."""

    def __init__(self, line: str, because: Because = Because.STATE) -> None:
        super().__init__(line)
        self.because = because


class MisaskedError(NotDoneError):
    """What was asked for can never be: another request is needed, not another moment."""
