"""Family: a parent invites somebody, who joins to follow the same pregnancy or child."""

from functions.register.accounts import open_account
from functions.register.application import Filled
from functions.register.forms import language_asked
from functions.register.join import Door, answer, shown
from functions.register.own import Own, let_in
from functions.register.page import Page, new_router, page
from functions.register.preferences import save
from functions.register.resources import Resources, now, resources
from shared.rules import changes
from shared.rules.dates import jst_date
from shared.rules.joining import Child
from shared.rules.message import stage_on
from shared.rules.stage import Reason
from shared.subscribers import actions
from shared.subscribers.joining import new_id
from shared.subscribers.links import BadLinkError
from shared.web.form import read_form

router = new_router()

TOUCHPOINT = "family"
"""What brought them. It is no touchpoint of an account, so nobody is counted."""


@router.get("/with/<token>")
def form(token: str) -> Page:
    """The form without the child's part: it shows the week or age, and no date."""
    at, language = now(), language_asked(router.current_event)
    return shown(_door(resources(), token), Filled(), language, jst_date(at))


@router.post("/with/<token>")
def send(token: str) -> Page:
    """The form as it was filled in."""
    at, language = now(), language_asked(router.current_event)
    posted = read_form(router.current_event)
    source = router.current_event.request_context.http.source_ip
    return answer(_door(resources(), token), posted, language, source=source, at=at)


@router.get("/me/<token>/family/<child>")
def ask_to_invite(token: str, child: str) -> Page:
    """What an invitation is, and the button that makes one."""
    own = let_in(resources(), token, now())
    group = own.group(child)
    if not group.active:
        raise BadLinkError
    return page("family", own.language, own=own, group=group, link=None)


@router.post("/me/<token>/family/<child>")
def invite(token: str, child: str) -> Page:
    """A link to pass on, which stays the same family, however often it is made; or the end of that
    family for whoever asks, of which nobody else is told.
    """
    own = let_in(resources(), token, now())
    form = read_form(router.current_event)
    if not own.group(child).active:
        raise BadLinkError
    if form.get("step") == "unlink":
        return _unlink(own, child)
    changed = actions.change(
        resources().store, own.subscriber.id, lambda old: changes.linked(old, child, new_id())
    )
    family = changes.enrolment_of(changed, child).family if changed else None
    if changed is None or not family:
        raise BadLinkError
    link = resources().links.invitation(family, changed.id, changed.generation, own.at)
    return page("family", own.language, own=own, group=own.group(child), link=link)


def _unlink(own: Own, child: str) -> Page:
    """An invitation of theirs opens nothing from then on; an offer to them that waits is gone."""
    resources().store.offers.withdrawn(own.subscriber.id)
    return save(own, lambda old: changes.unlinked(old, child), done="unlinked")


def _door(resources: Resources, token: str) -> Door:
    """Where the one who invites is, and whom they follow now. An invitation to what has stopped,
    or is over, or that was made before the address of who made it changed, is a link that does not
    work any more, and does not say why.
    """
    at = now()
    family, maker = resources.links.read_invitation(token, at)
    members = resources.store.subscribers.get_many(
        sorted(resources.store.subscribers.family(family))
    )
    made_by = members.get(maker.subscriber)
    if made_by is None or made_by.generation != maker.generation:
        raise BadLinkError
    for subscriber in sorted(members.values(), key=lambda each: each.id):
        account = open_account(resources, subscriber.account, jst_date(at))
        end = account.settings.end_of_delivery
        standings = [
            changes.standing(each)
            for each in subscriber.enrolments
            if each.family == family and changes.active(each)
        ]
        wanted = tuple(
            Child(
                due_date=None if each.birth_date else each.due_date,
                birth_date=each.birth_date,
                family=family,
            )
            for each in standings
            if stage_on(each, jst_date(at), end).reason in (None, Reason.NOT_YET)
        )
        if wanted:
            return Door(account, TOUCHPOINT, counted=False, invited_to=wanted)
    raise BadLinkError
