"""What the office does with a snapshot: comments on it, approves it, and has it shared."""

from collections.abc import Callable
from datetime import datetime

from shared.office import lambdas
from shared.office.errors import Because, NotDoneError
from shared.rules.review import NotNowError, SamePersonError, commented, reviewed, shared
from shared.rules.snapshot import Review
from shared.store.store import Store
from shared.store.tables import ConflictError


def approve(
    store: Store, snapshot: str, *, now: datetime, who: str, comment: str | None = None
) -> Review:
    """Approve a draft: where the office has more than one colleague, another person than who asked
    for it. NotDoneError where that is not open.
    """
    colleagues = len(list(store.staff))

    def new(old: Review) -> Review:
        approved = reviewed(old, who, now, colleagues=colleagues)
        return commented(approved, who, now, comment) if comment else approved

    changed = _changed(store, snapshot, new)
    store.audit.note(now, who, "au.review", snapshot)
    return changed


def comment(store: Store, snapshot: str, text: str, *, now: datetime, who: str) -> Review:
    """Say something of a snapshot, for good."""
    changed = _changed(store, snapshot, lambda old: commented(old, who, now, text))
    store.audit.note(now, who, "au.comment", snapshot)
    return changed


def share(store: Store, snapshot: str, function: str, *, now: datetime, who: str) -> None:
    """Have the Lambda `function` mail it to the staff, without waiting for it: their mails take as
    long as the mail's rate asks. NotDoneError where that is not open.
    """
    review = store.snapshots.review(snapshot)
    if review is None:
        raise NotDoneError(f"there is no snapshot {snapshot!r}", Because.UNKNOWN)
    try:
        shared(review, who, now)
    except NotNowError as error:
        raise NotDoneError(str(error)) from None
    lambdas.tell(function, {"snapshot": snapshot, "by": who})
    store.audit.note(now, who, "au.share", snapshot)


def _changed(store: Store, snapshot: str, what: Callable[[Review], Review]) -> Review:
    old = store.snapshots.review(snapshot)
    if old is None:
        raise NotDoneError(f"there is no snapshot {snapshot!r}", Because.UNKNOWN)
    try:
        return store.snapshots.update(old, what(old))
    except SamePersonError as error:
        raise NotDoneError(str(error), Because.ANOTHER_PERSON) from None
    except NotNowError as error:
        raise NotDoneError(str(error)) from None
    except ConflictError:
        raise NotDoneError(
            f"somebody else changed {snapshot} at the same time; look again", Because.CHANGED
        ) from None
