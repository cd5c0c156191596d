"""The counting core: everybody once, in memory that does not grow with them."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from shared.rules.account import Account
from shared.rules.au import Measure
from shared.rules.subscriber import Subscriber
from shared.rules.tally import Tally
from shared.store.census import SEGMENTS
from shared.store.store import Store

Progress = Callable[[int], None]
"""Told how many subscribers have been counted so far."""

TRIES = 3
"""How often a count begins anew where somebody was erased meanwhile, which is rare."""

MOST_TOLD = 10


class UncountableError(Exception):
    """AU cannot be told: the message names the records (ids, never what stands in them)."""


def count(store: Store, measure: Measure, progress: Progress = lambda _: None) -> Tally:
    """The tally of everybody at the measure's instant.

    Safe while people join, change and stop: what happens after the instant is not counted.
    UncountableError where a record cannot be read: a figure without it would be wrong.
    """
    for _ in range(TRIES):
        erasures = store.subscribers.erasures()
        tally = _once(store, measure, progress)
        # An erased person's history goes to another key, where it may be read twice or not at all.
        if store.subscribers.erasures() == erasures:
            return tally
    raise UncountableError("people were erased during every count; count again")


def _once(store: Store, measure: Measure, progress: Progress) -> Tally:
    accounts = {account.id: account for account in store.accounts.every()}
    counter = _Counter(progress)
    with ThreadPoolExecutor(SEGMENTS) as pool:
        parts = [
            pool.submit(counter.part, store, Tally(measure, accounts), accounts, segment)
            for segment in range(SEGMENTS)
        ]
        whole, *others = [each.result() for each in parts]
    if counter.wrong:
        told = sorted(counter.wrong)
        more = f" (and {len(told) - MOST_TOLD:,} more)" if len(told) > MOST_TOLD else ""
        raise UncountableError(f"AU cannot be counted: {'; '.join(told[:MOST_TOLD])}{more}")
    for other in others:
        whole += other
    return whole


class _Counter:
    """What the parts of a count have in common: how far it is, and what was wrong."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._lock, self._done = progress, threading.Lock(), 0
        self.wrong: list[str] = []

    def part(
        self, store: Store, tally: Tally, accounts: Mapping[str, Account], segment: int
    ) -> Tally:
        for page in store.census.pages(segment, SEGMENTS):
            wrong = []
            for each in page:
                if not isinstance(each, Subscriber):
                    wrong.append(str(each))
                elif unknown := _places(each) - accounts.keys():
                    wrong.append(f"the subscriber {each.id} is with no account: {min(unknown)}")
                else:
                    try:
                        tally.add(each)
                    except ValueError as error:  # an enrolment without any date
                        wrong.append(f"the subscriber {each.id}: {error}")
            with self._lock:
                self.wrong += wrong
                self._done += len(page)
                self._progress(self._done)
        return tally


def _places(subscriber: Subscriber) -> set[str]:
    return {subscriber.account, *(each.account for each in subscriber.earlier)}
