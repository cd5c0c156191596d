"""The own page itself, and what is chosen there for everything: language, address, account."""

from collections.abc import Callable
from dataclasses import replace

from functions.register.accounts import CHANNELS, open_accounts
from functions.register.forms import Problem, address_in, channel_in, one_of
from functions.register.own import Own, let_in
from functions.register.page import Page, message, new_router, page, see
from functions.register.resources import now, resources
from functions.register.sending import Request, ask_to_confirm
from shared.rules import changes
from shared.rules.account import Channel
from shared.rules.history import Status
from shared.rules.subscriber import Language, Subscriber
from shared.store.tables import AddressTakenError
from shared.subscribers import actions
from shared.subscribers.links import BadLinkError
from shared.web.form import Form, FormError, read_form

router = new_router()

DONE = ("saved", "born", "added", "resumed", "moved", "voided", "unlinked")
"""What the page can say was done, by the end of its address."""


@router.get("/me/<token>")
def overview(token: str) -> Page:
    """What they follow, and the ways to change it."""
    own = let_in(resources(), token, now())
    done = (router.current_event.raw_event.get("queryStringParameters") or {}).get("done")
    groups = own.groups()
    return page(
        "me",
        own.language,
        own=own,
        following=[each for each in groups if each.active],
        silent=[each for each in groups if not each.active],
        suspended=any(each.standing.status is Status.SUSPENDED for each in groups),
        stop=resources().links.stop(own.subscriber.id, own.subscriber.generation, own.at),
        done=done if done in DONE else None,
    )


@router.get("/me/<token>/language")
def choose_language(token: str) -> Page:
    """The two languages."""
    own = let_in(resources(), token, now())
    return page("language", own.language, own=own)


@router.post("/me/<token>/language")
def set_language(token: str) -> Page:
    """The language of the pages, and of what stands around the messages."""
    own = let_in(resources(), token, now())
    form = read_form(router.current_event)
    chosen = Language(one_of(form, "language", tuple(Language)))
    return save(own, lambda old: replace(old, language=chosen))


@router.get("/me/<token>/links")
def ask_to_void(token: str) -> Page:
    """The button after which no earlier link works."""
    own = let_in(resources(), token, now())
    return page("links", own.language, own=own)


@router.post("/me/<token>/links")
def void_links(token: str) -> Page:
    """Have every earlier link open nothing, this one too, and go on by a fresh one."""
    own = let_in(resources(), token, now())
    read_form(router.current_event)

    def voided(old: Subscriber) -> Subscriber:
        if old.generation != own.subscriber.generation:  # somebody else did, or moved, meanwhile
            raise BadLinkError
        return changes.links_voided(old)

    changed = actions.change(resources().store, own.subscriber.id, voided)
    if changed is None:
        raise BadLinkError
    fresh = resources().links.preferences(changed.id, changed.generation, own.at)
    return see(f"{fresh}?done=voided")


@router.get("/me/<token>/address")
def ask_address(token: str) -> Page:
    """The channels that the account offers, and the address."""
    return _address_page(let_in(resources(), token, now()))


@router.post("/me/<token>/address")
def set_address(token: str) -> Page:
    """Ask the owner of the new address; until they confirm, everything stays as it is."""
    own = let_in(resources(), token, now())
    form = read_form(router.current_event)
    channel = channel_in(form, _channels(own))
    if isinstance(channel, Problem):
        return _address_page(own, form, problems=(channel,))
    address = address_in(form, channel)
    if isinstance(address, Problem):
        return _address_page(own, form, problems=(address,))
    return _move(own, own.subscriber.account, channel, address, form)


@router.get("/me/<token>/account")
def ask_account(token: str) -> Page:
    """The other accounts that offer the subscriber's channel."""
    return _account_page(let_in(resources(), token, now()))


@router.post("/me/<token>/account")
def set_account(token: str) -> Page:
    """Move to another account. The address is theirs: only LINE's is another with each account."""
    own = let_in(resources(), token, now())
    form = read_form(router.current_event)
    chosen = form.get("account", "")
    if not chosen:
        return _account_page(own, problems=(Problem("account", "errors.account"),))
    channel, address = own.subscriber.channel, own.subscriber.address
    if chosen not in {each.id for each in open_accounts(resources(), channel, own.today)}:
        raise FormError(400)
    if channel is Channel.LINE:
        return _move(own, chosen, channel, "", form)
    try:
        return save(
            own,
            lambda old: changes.moved(
                old, own.at, account=chosen, channel=channel, address=address
            ),
            done="moved",
        )
    except AddressTakenError:
        return message("taken", own.language, status=409, link=own.path, sender=own.settings.name)


def save(own: Own, what: Callable[[Subscriber], Subscriber], *, done: str = "saved") -> Page:
    """Apply a change, and go back to the page, which says so."""
    actions.change(resources().store, own.subscriber.id, what)
    return see(f"{own.path}?done={done}")


def _move(own: Own, account: str, channel: Channel, address: str, form: Form) -> Page:
    asked = Request(
        account,
        channel,
        address,
        own.language,
        mover=own.subscriber.id,
        generation=own.subscriber.generation,
        tell_old=form.get("tell") == "line",
    )
    source = router.current_event.request_context.http.source_ip
    return ask_to_confirm(resources(), asked, source, own.at)


def _channels(own: Own) -> tuple[Channel, ...]:
    return tuple(each for each in CHANNELS if each in own.settings.channels)


def _address_page(
    own: Own, form: Form | None = None, *, problems: tuple[Problem, ...] = ()
) -> Page:
    return page(
        "address",
        own.language,
        status=422 if problems else 200,
        problems=problems,
        own=own,
        channels=_channels(own),
        filled={name: (form or {}).get(name, "") for name in ("channel", "email", "phone")},
        told=(form or {}).get("tell") == "line",
    )


def _account_page(own: Own, *, problems: tuple[Problem, ...] = ()) -> Page:
    others = [
        each
        for each in open_accounts(resources(), own.subscriber.channel, own.today)
        if each.id != own.subscriber.account
    ]
    return page(
        "account",
        own.language,
        status=422 if problems else 200,
        problems=problems,
        own=own,
        others=others,
    )
