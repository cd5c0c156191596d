"""A fresh link to somebody's own page, sent to their own address; the answer is always the same."""

from functions.register.accounts import OpenAccount, open_account
from functions.register.brakes import may_send
from functions.register.forms import Problem, address_in, channel_in, language_asked
from functions.register.page import Page, message, new_router, page
from functions.register.resources import now, resources
from functions.register.sending import too_often
from shared.rules.account import Channel
from shared.rules.dates import jst_date
from shared.rules.subscriber import Language
from shared.subscribers.joining import new_id
from shared.subscribers.notices import NoticeKind
from shared.web.form import Form, read_form

router = new_router()


@router.get("/lost/<account>")
def form(account: str) -> Page:
    """The form that asks for the address."""
    at = open_account(resources(), account, jst_date(now()), also_ended=True)
    return _form(at, {}, language_asked(router.current_event))


@router.post("/lost/<account>")
def send(account: str) -> Page:
    """Send a link, if that is the address of a subscriber."""
    language = language_asked(router.current_event)
    posted = read_form(router.current_event)
    at = open_account(resources(), account, jst_date(now()), also_ended=True)
    channel = channel_in(posted, _channels(at))
    address = channel if isinstance(channel, Problem) else address_in(posted, channel)
    if isinstance(channel, Problem) or isinstance(address, Problem):
        problem = channel if isinstance(channel, Problem) else address
        problems = (problem,) if isinstance(problem, Problem) else ()
        return _form(at, posted, language, problems=problems)
    source = router.current_event.request_context.http.source_ip
    if not may_send(resources(), account=at.id, source=source, channel=channel, address=address):
        return too_often(language)
    place = (at.id, address)
    known = resources().store.subscribers.at_addresses([place]).get(place)
    # Nobody has a new id: then nothing is sent, and it took as long as if it were.
    resources().notices.put(channel, NoticeKind.PREFERENCES, known or new_id())
    return message("lost_sent", language)


def _form(
    at: OpenAccount, posted: Form, language: Language, *, problems: tuple[Problem, ...] = ()
) -> Page:
    return page(
        "lost",
        language,
        status=422 if problems else 200,
        problems=problems,
        account=at.settings.name,
        channels=_channels(at),
        line=Channel.LINE in at.channels,
        filled={name: posted.get(name, "") for name in ("channel", "email", "phone")},
    )


def _channels(at: OpenAccount) -> tuple[Channel, ...]:
    return tuple(each for each in at.channels if each is not Channel.LINE)
