"""Leaving: the one action that stops everything, and erasure."""

from functions.register.forms import one_of
from functions.register.own import found, let_in
from functions.register.page import Page, new_router, not_here_page, page
from functions.register.resources import now, resources
from shared.subscribers import actions
from shared.web.form import FormError, content_type, read_form

router = new_router()

_ONE_CLICK = ("", "application/x-www-form-urlencoded", "multipart/form-data")
"""What mail programs post (RFC 8058, section 3.1), and nothing at all."""


@router.get("/stop/<token>")
def ask(token: str) -> Page:
    """The page with the one button; to open it changes nothing."""
    at, holder = now(), resources().links.read_stop(token)
    own = found(resources(), holder, "", at)
    if own is None:
        return not_here_page()
    going_on = [] if holder.over(at) else [each for each in own.groups() if each.active]
    several = sum(len(each.ids) for each in going_on) > 1
    return page("stop", own.language, groups=going_on if several else [])


@router.post("/stop/<token>")
def stop(token: str) -> Page:
    """Stop everything at once (also RFC 8058's one-click request), or only what the form of the
    page names; again does no harm. A link to another address than they have now stops nothing.
    """
    at, holder = now(), resources().links.read_stop(token)
    event = router.current_event
    if content_type(event) not in _ONE_CLICK:
        raise FormError(415)
    form = {} if content_type(event) == "multipart/form-data" else read_form(event)
    own = found(resources(), holder, "", at)
    if own is None:
        return not_here_page()
    only = form.get("only")
    ids = None
    if only is not None:
        ids = frozenset(only.split(" "))
        if holder.over(at) or not ids <= {each.id for each in own.subscriber.enrolments}:
            raise FormError(400)
    actions.stop(resources().store, own.subscriber.id, at, only=ids)
    return page("stopped", own.language, one=only is not None)


@router.get("/me/<token>/erase")
def ask_to_erase(token: str) -> Page:
    """What erasure is."""
    own = let_in(resources(), token, now())
    return page("erase", own.language, own=own, sure=False)


@router.post("/me/<token>/erase")
def erase(token: str) -> Page:
    """Ask once more, and then erase them for good."""
    own = let_in(resources(), token, now())
    form = read_form(router.current_event)
    if one_of(form, "step", ("check", "erase")) == "check":
        return page("erase", own.language, own=own, sure=True)
    actions.erase(resources().store, own.subscriber.id, own.at)
    return page("erased", own.language)
