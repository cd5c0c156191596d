"""Confirming an address: by the button behind a link in a mail, or by a code sent to a phone."""

import unicodedata

from functions.register.asked import asked_for, has_record
from functions.register.brakes import may_send, slow_down
from functions.register.forms import Problem
from functions.register.page import Page, message, new_router, page, see
from functions.register.resources import Resources, now, resources
from functions.register.sending import too_often
from functions.register.welcome import confirmed, over
from shared.rules.account import Channel
from shared.rules.changes import RefusedError
from shared.store.confirmations import Confirmation
from shared.subscribers import actions, joining
from shared.subscribers.notices import NoticeKind
from shared.web.form import Form, read_form

router = new_router()


@router.get("/confirm/<token>")
def ask(token: str) -> Page:
    """What would be registered, and one button. To open the page changes nothing: mail scanners
    do. Where the address has a record they say first whether it is theirs: numbers and addresses
    pass to others, to whom nothing of who had them before is shown.
    """
    waiting = _verified(resources(), resources().links.read_confirm(token))
    if waiting is None:
        return over()
    query = router.current_event.raw_event.get("queryStringParameters") or {}
    return _whose_page(waiting, query.get("mine")) or _confirm_page(waiting)


@router.post("/confirm/<token>")
def confirm(token: str) -> Page:
    """The address is theirs: do what waited for it, once, or discard it where it was not them who
    asked. What has stopped is never started unless they say so here. Somebody else's registration
    at the address ends where they say that it is not theirs.
    """
    confirmation = resources().links.read_confirm(token)
    form = read_form(router.current_event)
    waiting = _verified(resources(), confirmation)
    if waiting is None:
        return over()
    match form.get("step"):
        case "not_me":
            return _declined(waiting)
        case "new_owner":
            return _as_new_owner(waiting)
    return _whose_page(waiting, form.get("mine")) or _as_theirs(waiting, form)


def _as_theirs(waiting: Confirmation, form: Form) -> Page:
    """Do what waited, with what they chose where something has stopped."""
    try:
        asked = asked_for(resources(), waiting, now())
    except RefusedError:
        return message("too_many", waiting.language, status=409)
    chosen = form.get("start") if asked.starts else None
    if asked.starts and chosen not in ("yes", "no"):
        return _confirm_page(waiting, problems=(Problem("start", "errors.start"),))
    if chosen == "no" and asked.nothing_else:
        resources().store.confirmations.discard(waiting.id)
        return message("kept_stopped", waiting.language)
    return confirmed(resources(), waiting, now(), start=chosen == "yes")


@router.get("/code/<token>")
def ask_code(token: str) -> Page:
    """The field for the six digits."""
    waiting = _waiting(resources(), resources().links.read_code_page(token), Channel.SMS)
    if waiting is None:
        return over()
    again = (router.current_event.raw_event.get("queryStringParameters") or {}).get("again")
    return _code_page(waiting, again=again == "yes")


@router.post("/code/<token>")
def enter_code(token: str) -> Page:
    """Five tries; then it has to begin anew."""
    confirmation = resources().links.read_code_page(token)
    form = read_form(router.current_event)
    waiting = _waiting(resources(), confirmation, Channel.SMS)
    if waiting is None:
        return over()
    entered = unicodedata.normalize("NFKC", form.get("code", ""))
    digits = "".join(each for each in entered if each not in " -‐−ー")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return _code_page(waiting, problems=(Problem("code", "errors.code_digits"),))
    if not resources().store.confirmations.try_code(waiting.id):
        return message("tries_over", waiting.language, status=429)
    if not resources().links.is_code(waiting.id, digits):
        return _code_page(waiting, problems=(Problem("code", "errors.code"),))
    return _by_code(waiting)


@router.post("/code/<token>/again")
def send_code_again(token: str) -> Page:
    """The same code once more, as often as it may be."""
    confirmation = resources().links.read_code_page(token)
    read_form(router.current_event)
    waiting = _waiting(resources(), confirmation, Channel.SMS)
    if waiting is None:
        return over()
    source = router.current_event.request_context.http.source_ip
    allowed = may_send(
        resources(),
        account=waiting.account,
        source=source,
        channel=waiting.channel,
        address=waiting.address,
    )
    if not allowed or not resources().store.confirmations.send_again(waiting.id):
        return too_often(waiting.language)
    resources().notices.put(waiting.channel, NoticeKind.CONFIRM, waiting.id)
    return see(f"{resources().links.code_page(waiting.id)}?again=yes")


def _by_code(waiting: Confirmation) -> Page:
    """They have the code. What would become of a record of theirs was not shown before, since
    anybody can open the page of a code.
    """
    if waiting.application is None or not has_record(resources(), waiting):
        return confirmed(resources(), waiting, now())
    if not resources().store.confirmations.verified(waiting.id, waiting.address):
        return over(waiting.language)
    return see(resources().links.confirm(waiting.id))


def _confirm_page(waiting: Confirmation, *, problems: tuple[Problem, ...] = ()) -> Page:
    try:
        asked = asked_for(resources(), waiting, now())
    except RefusedError:
        return message("too_many", waiting.language, status=409)
    return page(
        "confirm",
        waiting.language,
        status=422 if problems else 200,
        problems=problems,
        asked=asked,
        moving=waiting.application is None,
    )


def _whose_page(waiting: Confirmation, mine: str | None) -> Page | None:
    """The question whose the record of an address is; None where it is answered, or none arises: a
    LINE user stays the same person.
    """
    settled = mine == "yes" or waiting.channel is Channel.LINE or waiting.application is None
    if settled or not has_record(resources(), waiting):
        return None
    asked = asked_for(resources(), waiting, now(), with_record=False)
    return page("whose", waiting.language, asked=asked)


def _as_new_owner(waiting: Confirmation) -> Page:
    """What was registered at the address ends, with all of it, and what was asked for is done."""
    if waiting.application is not None and waiting.channel is not Channel.LINE:
        place = (waiting.account, waiting.address)
        former = resources().store.subscribers.at_addresses([place]).get(place)
        if former is not None:
            actions.leave_to_new_owner(resources().store, former, now())
    return confirmed(resources(), waiting, now())


def _declined(waiting: Confirmation) -> Page:
    """It was not them who asked: nothing of it stays, and more of it comes slowly."""
    resources().store.confirmations.discard(waiting.id)
    slow_down(resources(), channel=waiting.channel, address=waiting.address)
    return message("declined", waiting.language)


def _verified(resources: Resources, confirmation: str) -> Confirmation | None:
    """What waits for the owner of an address to press a button: whoever has the link in a mail, or
    has shown by a code or by LINE that it is theirs.
    """
    waiting = resources.store.confirmations.get(confirmation)
    if waiting is None or not (waiting.channel is Channel.EMAIL or waiting.verified):
        return None
    return waiting if joining.is_good(resources.store, waiting) else None


def _waiting(resources: Resources, confirmation: str, channel: Channel) -> Confirmation | None:
    waiting = resources.store.confirmations.get(confirmation)
    if waiting is None or waiting.channel is not channel:
        return None
    return waiting if joining.is_good(resources.store, waiting) else None


def _code_page(
    waiting: Confirmation, *, problems: tuple[Problem, ...] = (), again: bool = False
) -> Page:
    token = resources().links.code_page(waiting.id).rpartition("/")[2]
    return page(
        "code",
        waiting.language,
        status=422 if problems else 200,
        problems=problems,
        asked=asked_for(resources(), waiting, now(), with_record=False),
        resend=f"/code/{token}/again",
        again=again,
    )
