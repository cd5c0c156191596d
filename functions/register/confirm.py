"""Confirming an address: by the button behind a link in a mail, or by a code sent to a phone."""

import unicodedata

from functions.register.brakes import may_send
from functions.register.forms import Problem, read_form
from functions.register.page import Page, message, new_router, page, see
from functions.register.resources import Resources, now, resources
from functions.register.sending import too_often
from functions.register.welcome import confirmed, over
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.store.confirmations import Confirmation
from shared.subscribers import joining
from shared.subscribers.notices import NoticeKind

router = new_router()


@router.get("/confirm/<token>")
def ask(token: str) -> Page:
    """One button. To open the page changes nothing: mail scanners do."""
    waiting = _waiting(resources(), resources().links.read_confirm(token), Channel.EMAIL)
    if waiting is None:
        return over()
    return page(
        "confirm",
        waiting.language,
        account=_name(resources(), waiting),
        moving=waiting.application is None,
    )


@router.post("/confirm/<token>")
def confirm(token: str) -> Page:
    """The address is theirs: do what waited for it, once."""
    confirmation = resources().links.read_confirm(token)
    read_form(router.current_event)
    waiting = _waiting(resources(), confirmation, Channel.EMAIL)
    return over() if waiting is None else confirmed(resources(), waiting, now())


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
    return confirmed(resources(), waiting, now())


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
        account=_name(resources(), waiting),
        resend=f"/code/{token}/again",
        again=again,
    )


def _name(resources: Resources, waiting: Confirmation) -> str:
    account = resources.store.accounts.get(waiting.account)
    settings = account.on(jst_date(now())) if account else None
    return settings.name if settings else ""
