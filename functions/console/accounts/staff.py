"""The office's staff: who gets the shared figures by mail, and counts as a second person. Who may
sign in is the identity provider's to say.
"""

from functions.console.app import guard
from functions.console.page import page, see
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role
from shared.office import staff

HERE = "/console/staff"

_NAME = f"名前は、1行、{staff.LONGEST_NAME}文字までにしてください。"
_EMAIL = "メールアドレスは、hanako@example.jp のように書いてください。"
_TAKEN = "この名前のかたは、もういます。ほかの名前にしてください。"
_NOBODY = "この名前のかたはいません。"


@guard.get(HERE, needs=Role.ADMIN)
def overview(ask: Ask) -> Page:
    """Everybody, and the form of one more."""
    return _page(ask, [])


@guard.post(HERE, needs=Role.ADMIN)
def add(ask: Ask) -> Page:
    """Add a colleague."""
    problems, name, email = [], "", ""
    try:
        name = staff.read_name(ask.form.get("name", ""))
    except ValueError:
        problems.append(_NAME)
    try:
        email = staff.read_email(ask.form.get("email", ""))
    except ValueError:
        problems.append(_EMAIL)
    if not name and not problems:
        problems.append(_NAME)
    if not problems and name in _names():
        problems.append(_TAKEN)
    if problems:
        return _page(ask, problems)
    staff.add(resources().store, name, email, now=ask.now, who=ask.by)
    return see(HERE, done="added")


@guard.post(f"{HERE}/remove", needs=Role.ADMIN)
def remove(ask: Ask) -> Page:
    """Say what removing a colleague means, and then do it. Their name stands in no address."""
    name = ask.form.get("name", "")
    if name not in _names():
        return _page(ask, [_NOBODY])
    if ask.form.get("step") != "save":
        return page("accounts_staff_remove", ask, name=name, left=len(_names()) - 1)
    staff.remove(resources().store, name, now=ask.now, who=ask.by)
    return see(HERE, done="removed")


def _names() -> set[str]:
    return {each.name for each in resources().store.staff}


def _page(ask: Ask, problems: list[str]) -> Page:
    return page(
        "accounts_staff",
        ask,
        status=422 if problems else 200,
        staff=list(resources().store.staff),
        form=ask.form,
        problems=problems,
    )
