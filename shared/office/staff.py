"""The office's staff: who reviews and shares figures, and where to write to them."""

from datetime import datetime

from shared.office.errors import Because, NotDoneError
from shared.office.fields import one_line
from shared.rules.account import Channel
from shared.store.staff import Colleague
from shared.store.store import Store
from shared.store.tables import ConflictError
from shared.subscribers.address import address

LONGEST_NAME = 40
"""Characters, as a person sees them."""

ABOUT = "staff"
"""What the audit has instead of a name."""

read_name = one_line(LONGEST_NAME)
"""The name of one of the staff; ValueError with the rule."""


def read_email(text: str) -> str:
    """An email address, as it is stored; ValueError with the rule."""
    return address(Channel.EMAIL, text.strip())


def add(store: Store, name: str, email: str, *, now: datetime, who: str) -> None:
    """Add a colleague; NotDoneError where there is one of that name."""
    try:
        store.staff.add(Colleague(name, email))
    except ConflictError:
        raise NotDoneError(
            f"there is a colleague {name!r} already; choose another name, or remove that one first",
            Because.TAKEN,
        ) from None
    store.audit.note(now, who, "added a colleague", ABOUT)


def remove(store: Store, name: str, *, now: datetime, who: str) -> None:
    """Remove a colleague; NotDoneError where there is none of that name. What they did stays on
    record under their name.
    """
    if not store.staff.remove(name):
        raise NotDoneError(f"there is no colleague {name!r}", Because.UNKNOWN)
    store.audit.note(now, who, "removed a colleague", ABOUT)
