"""Offers: hand on to whom a stop is to be offered, when it is not night where they are."""

from datetime import datetime

from shared.rules.dates import jst_date, jst_time
from shared.store.store import Store
from shared.subscribers.notices import NoticeKind, NoticeQueues


def hand_on(store: Store, notices: NoticeQueues, now: datetime) -> int:
    """Queue the offers whose account is not in its quiet hours, and return how many.

    Queued before it is forgotten: a crash between queues it again under its mark, which the
    sending Lambda knows.
    """
    handed_on = 0
    for offer in store.offers:
        subscriber = store.subscribers.get(offer.subscriber)
        account = store.accounts.get(subscriber.account) if subscriber else None
        settings = account.on(jst_date(now)) if account else None
        if subscriber is not None and settings is not None:
            if settings.quiet(jst_time(now)):
                continue
            notices.put(subscriber.channel, NoticeKind.OFFER, subscriber.id, offer.mark)
            handed_on += 1
        store.offers.handed_on(offer)
    return handed_on
