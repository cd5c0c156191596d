"""What an officer of a municipality sees: the reports of their own account that were shared."""

from functions.console.app import guard
from functions.console.figures import KINDS
from functions.console.page import page
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.rules.dates import jst_date
from shared.rules.snapshot import State

MOST_SHOWN = 24


@guard.get("/console/mine", needs=Role.OFFICER)
def reports(ask: Ask) -> Page:
    """The month-ends and the others, the latest first, in the form in which figures leave the
    office: small ones hidden. Nothing of any other account, and nothing of a person.
    """
    account = resources().store.accounts.get(ask.session.account or "")
    settings = account.on(jst_date(ask.now)) if account else None
    shared = [
        each
        for each in resources().store.snapshots.reviews()
        if each.state is State.SHARED and each.restated_by is None
    ]
    return page(
        "mine",
        ask,
        account=ask.session.account,
        name=settings.name if settings else ask.session.account,
        reviews=shared[:MOST_SHOWN],
        kinds=KINDS,
    )
