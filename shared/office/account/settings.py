"""Settings of accounts as staff write them, in accounts.csv or a form: a history that is added to
and never changed.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time

from shared.office.fields import Fields, Note, clock, day, matching, one_line, one_of
from shared.rules.account import (
    Account,
    AccountKind,
    Channel,
    Delivery,
    Settings,
    municipality_code_is_valid,
)
from shared.rules.au import Measure
from shared.rules.catalogue import COMMON_SERIES
from shared.rules.dates import jst_date
from shared.rules.ending import EndOfDelivery
from shared.rules.name import is_title
from shared.store.store import Store

ACCOUNT_COLUMNS = (
    "account",
    "name",
    "code",
    "kind",
    "delivery",
    "channels",
    "send_at",
    "quiet_from",
    "quiet_to",
    "end_of_delivery",
    "valid_from",
)

LONGEST_NAME = 100
QUIET_FROM, QUIET_TO = time(21), time(6)
"""The quiet hours where a row names none."""

FIRST_TICK, LAST_TICK, MINUTES_A_TICK = time(6), time(21), 15
"""When dispatch looks whether an account's sending time has come (infra/template.yaml)."""

_SENT_ELSEWHERE = time(10)
"""Stands where an account that we do not send for has no sending time."""

_one_line = one_line(LONGEST_NAME)
_kind = one_of(AccountKind)
_matching_id = matching(r"[a-z0-9-]{2,40}", "must be 2 to 40 of a-z, 0-9 and -")


def read_accounts(
    rows: Iterable[Fields],
    known: Mapping[str, Account],
    today: date,
    counted: date | None = None,
) -> dict[str, Account]:
    """The accounts of the file, each with what `known` already has of it; equal where nothing is
    new. Faults are taken down in their rows.

    What was in force by `today` does not change: a row may repeat it, follow it, or replace
    settings that are still to come. Nor does what AU was counted with, until the day `counted`.
    """
    histories: dict[str, dict[date, Settings]] = {}
    read: dict[tuple[str, date], Fields] = {}
    for row in rows:
        account = row.required("account", _account_id)
        settings = _settings(row)
        if account is None or settings is None or row.bad:
            continue
        if (account, settings.valid_from) in read:
            row.fault("valid_from", f"{account} has another row with this valid_from")
            continue
        read[account, settings.valid_from] = row
        stored = known[account].settings if account in known else ()
        history = histories.setdefault(account, {each.valid_from: each for each in stored})
        _fits(row, settings, stored, today, counted)
        history[settings.valid_from] = settings
    _check_codes(histories, known, read)
    return {
        account: replace(
            known.get(account) or Account(account, ()),
            settings=tuple(history[each] for each in sorted(history)),
        )
        for account, history in histories.items()
    }


def counted_until(store: Store) -> date | None:
    """The last day for which an AU was ever taken."""
    for latest in store.snapshots.reviews():
        return jst_date(Measure(latest.kind, latest.as_of, latest.as_of).at)
    return None


def _fits(
    row: Fields,
    settings: Settings,
    stored: Iterable[Settings],
    today: date,
    counted: date | None,
) -> None:
    """A fault where the settings would change what is or was in force, or what was counted."""
    past = {each.valid_from: each for each in stored if each.valid_from <= today}
    if not past or past.get(settings.valid_from) == settings:
        return
    if settings.valid_from <= max(past):
        row.fault(
            "valid_from",
            "the settings in force do not change; leave their rows as they were "
            f"and add a row with a valid_from after {max(past)}",
        )
    elif counted is not None and settings.valid_from <= counted:
        row.fault(
            "valid_from",
            f"AU was counted until {counted} with the settings that were known; choose a later day",
        )


def _check_codes(
    histories: Mapping[str, Mapping[date, Settings]],
    known: Mapping[str, Account],
    rows: Mapping[tuple[str, date], Fields],
) -> None:
    """A fault where a row's code is another account's at the same time. A code is free once its
    account has ended or has another: municipalities merge, and are called anew.
    """
    whole = {each.id: list(each.settings) for each in known.values()}
    whole |= {account: list(history.values()) for account, history in histories.items()}
    owned = defaultdict(list)
    for account, settings in whole.items():
        for code, since, until in _codes(settings):
            owned[code].append((account, since, until))
    for (account, valid_from), row in rows.items():
        for code, since, until in _codes(whole[account]):
            if since != valid_from:
                continue
            for other, from_, to in owned[code]:
                later = rows.get((other, from_))
                if later is not None and later.number > row.number:
                    continue
                if other != account and since < to and from_ < until:
                    row.fault("code", f"is the code of the account {other}")


def _codes(history: Iterable[Settings]) -> Iterator[tuple[str, date, date]]:
    """The codes that settings give an account, each from a day until another, excluded."""
    ordered = sorted(history, key=lambda each: each.valid_from)
    ends = [*(each.valid_from for each in ordered[1:]), date.max]
    for settings, until in zip(ordered, ends, strict=True):
        if settings.code and settings.delivery is not Delivery.ENDED:
            yield settings.code, settings.valid_from, until


def _name(text: str) -> str:
    """What stands as the sender in every message, so that nothing else can be put there."""
    name = _one_line(text)
    if not is_title(name):
        raise ValueError("must be letters of names, with digits and blanks: no links, no signs")
    return name


def _account_id(text: str) -> str:
    if text == COMMON_SERIES:
        raise ValueError(f"{COMMON_SERIES} is the name of the common series; choose another")
    return _matching_id(text)


def _delivery(text: str) -> Delivery:
    """Who sends; an account is ended by `kizuna account end` alone."""
    if text not in {Delivery.OWN, Delivery.EXTERNAL}:
        raise ValueError("must be own or external")
    return Delivery(text)


def _settings(row: Fields) -> Settings | None:
    """The settings of a row, or None where it has faults."""
    name = row.required("name", _name)
    kind = row.required("kind", _kind)
    delivery = row.required("delivery", _delivery)
    end = row.required("end_of_delivery", EndOfDelivery.parse)
    valid_from = row.required("valid_from", lambda text: day(text, row.note))
    code = row.optional("code", lambda text: _code(text, row.note))
    if kind is AccountKind.MUNICIPALITY and not row["code"]:
        row.fault("code", "is required for a municipality")
    if kind is AccountKind.OTHER and row["code"]:
        row.fault("code", "must be blank where kind is other")
    ours = row.required if delivery is Delivery.OWN else row.optional
    channels = ours("channels", _channels)
    send_at = ours("send_at", _send_at)
    quiet_from = row.optional("quiet_from", clock) or QUIET_FROM
    quiet_to = row.optional("quiet_to", clock) or QUIET_TO
    if row["quiet_to"] and quiet_from == quiet_to:
        row.fault("quiet_to", "must differ from quiet_from: there are quiet hours in every day")
    if (
        name is None
        or kind is None
        or delivery is None
        or end is None
        or valid_from is None
        or row.bad
    ):
        return None
    settings = Settings(
        valid_from=valid_from,
        name=name,
        code=code,
        kind=kind,
        delivery=delivery,
        channels=channels or frozenset(),
        send_at=send_at or _SENT_ELSEWHERE,
        quiet_from=quiet_from,
        quiet_to=quiet_to,
        end_of_delivery=end,
    )
    if row["send_at"] and settings.quiet(settings.send_at):
        row.fault(
            "send_at", f"must lie outside the quiet hours ({quiet_from:%H:%M}-{quiet_to:%H:%M})"
        )
    return settings


def _code(text: str, note: Note) -> str:
    plain = unicodedata.normalize("NFKC", text)
    if not (plain.isascii() and plain.isdigit() and len(plain) in {5, 6}):
        raise ValueError("must be six digits")
    code = plain.zfill(6)
    if not municipality_code_is_valid(code):
        raise ValueError("the last of the six digits is not the check digit of the first five")
    if len(plain) == 5:
        note("codes that had lost their first 0, which was put back")
    return code


def _channels(text: str) -> frozenset[Channel]:
    names = [part.strip() for part in text.split(";") if part.strip()]
    if not names or not set(names) <= set(Channel):
        raise ValueError(f"must be one or more of {';'.join(Channel)}, separated by ;")
    return frozenset(map(Channel, names))


def _send_at(text: str) -> time:
    found = clock(text)
    if found.minute % MINUTES_A_TICK:
        raise ValueError(f"must be a multiple of {MINUTES_A_TICK} minutes, like 09:30")
    if not FIRST_TICK <= found <= LAST_TICK:
        raise ValueError(f"must lie between {FIRST_TICK:%H:%M} and {LAST_TICK:%H:%M}")
    return found
