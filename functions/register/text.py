"""The whole text of a message, which an SMS only announced."""

from functions.register.opened import now, world
from functions.register.page import Page, new_router, page
from shared.links import PREFERENCES_DAYS, BadLinkError
from shared.rules import changes
from shared.rules.catalogue import COMMON_SERIES, Words, put_into_words, schedule_of
from shared.rules.dates import jst_date
from shared.rules.message import birth_prompt
from shared.rules.subscriber import Letter, Subscriber, decide
from shared.store.ledger import Run
from shared.store.store import Store

router = new_router()


@router.get("/m/<token>")
def whole_text(token: str) -> Page:
    """The text as that day's run had it. An old one leads nowhere but to the stop: it may have been
    passed on.
    """
    store, links, at = world().store, world().links, now()
    subscriber_id, day, enrolment = links.read_text(token)
    subscriber = store.subscribers.get(subscriber_id)
    run = store.ledger.run(day, subscriber.account) if subscriber else None
    if subscriber is None or run is None:
        raise BadLinkError
    letter, words = _letter(store, run, subscriber, enrolment)
    fresh = jst_date(at) - day <= PREFERENCES_DAYS
    own = links.preferences(subscriber.id, at) if fresh else None
    expected = any(
        each.id == enrolment and changes.active(each) and changes.standing(each).birth_date is None
        for each in subscriber.enrolments
    )
    birth = f"{own}/birth/{enrolment}" if own and expected and birth_prompt(letter.due) else None
    return page(
        "text",
        subscriber.language,
        words=words,
        account=run.settings.name,
        stop=links.stop(subscriber_id),
        own=own,
        birth=birth,
    )


def _letter(store: Store, run: Run, subscriber: Subscriber, enrolment: str) -> tuple[Letter, Words]:
    """The message about an enrolment as that day's run had it, with the texts of that day."""
    common = store.content.load(COMMON_SERIES, run.versions.get(COMMON_SERIES))
    own = store.content.load(run.account, run.versions.get(run.account))
    decision = decide(
        subscriber,
        [each.id for each in subscriber.enrolments],
        run.opened_at,
        settings=run.settings,
        schedule=schedule_of(common, own),
    )
    letter = next((each for each in decision.letters if enrolment in each.enrolments), None)
    if letter is None:
        raise BadLinkError
    return letter, put_into_words(letter, common=common, own=own, account=run.settings.name)
