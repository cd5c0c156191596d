"""The whole text of a message, which an SMS only announced."""

from datetime import date, datetime, time

from functions.register.page import Page, new_router, page
from functions.register.resources import now, resources
from shared.rules import changes
from shared.rules.catalogue import COMMON_SERIES, Words, put_into_words, schedule_of
from shared.rules.dates import jst_instant
from shared.rules.message import birth_prompt
from shared.rules.subscriber import Letter, Subscriber, decide
from shared.store.run import Run
from shared.store.store import Store
from shared.subscribers.links import BadLinkError

router = new_router()


@router.get("/m/<token>")
def whole_text(token: str) -> Page:
    """The text as that day's run had it. An old one leads nowhere but to the stop: it may have been
    passed on.
    """
    store, links, at = resources().store, resources().links, now()
    holder, day, enrolment, announcement = links.read_text(token)
    subscriber = store.subscribers.get(holder.subscriber)
    if subscriber is None or subscriber.generation != holder.generation:
        raise BadLinkError
    run, letter, words = _sent(store, subscriber, day, enrolment, announcement)
    whose = (subscriber.id, subscriber.generation)
    own = None if holder.over(at) else links.preferences(*whose, at)
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
        # It tells what there is to stop no longer than a mail of that day would.
        stop=links.stop(*whose, jst_instant(day)),
        own=own,
        birth=birth,
    )


def _sent(
    store: Store, subscriber: Subscriber, day: date, enrolment: str, announcement: str | None
) -> tuple[Run, Letter, Words]:
    """The message of a day about an enrolment: of the account where the subscriber was, as it was
    when the run opened, or, for who joined just after that, by the end of the day.
    """
    begin, end = jst_instant(day), jst_instant(day, time.max)
    for account in dict.fromkeys(subscriber.where(at)[0] for at in (begin, end)):
        run = store.ledger.run(day, account, announcement)
        for at in (run.opened_at, end) if run else ():
            if run and (letter := _letter(store, run, subscriber, enrolment, at)):
                return run, *letter
    raise BadLinkError


def _letter(
    store: Store, run: Run, subscriber: Subscriber, enrolment: str, at: datetime
) -> tuple[Letter, Words] | None:
    """The message that was due at an instant, with the texts of that day."""
    common = store.content.load(COMMON_SERIES, run.versions.get(COMMON_SERIES))
    own = store.content.load(run.account, run.versions.get(run.account))
    decision = decide(
        subscriber,
        [each.id for each in subscriber.enrolments],
        at,
        settings=run.settings,
        schedule=schedule_of(common, own),
        enclosure=run.enclosed_on,
    )
    letter = next((each for each in decision.letters if enrolment in each.enrolments), None)
    if letter is None:
        return None
    words = put_into_words(
        letter, common=common, own=own, account=run.settings.name, enclosure=run.enclosure
    )
    return letter, words
