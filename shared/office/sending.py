"""What staff do to what is sent: pause and resume, cancel, and send to those who did not get it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from shared.office.errors import Because, NotDoneError
from shared.office.unsent import unsent
from shared.rules.account import Channel
from shared.rules.dates import jst_date, jst_time
from shared.store.pauses import GUARD, Pause
from shared.store.run import Cancelled, Run
from shared.store.store import Store


@dataclass(frozen=True, slots=True)
class Resent:
    """To whom of a run the message goes once more: how many by the code that says why they did not
    get it, and the channels on which a pause holds it.
    """

    left: Counter[str]
    paused: tuple[Channel, ...]
    going_out: bool


def pause(
    store: Store,
    account: str | None,
    channel: Channel | None,
    why: str,
    *,
    now: datetime,
    who: str,
) -> Pause:
    """Hold an account, a channel, both together, or everything; NotDoneError where the same is
    paused already.
    """
    begun = Pause(account, channel, now, who, why)
    if not store.pauses.put(begun):
        raise NotDoneError(
            f"{what_is_paused(begun)} is paused already; `kizuna pauses` shows why", Because.ALREADY
        )
    store.audit.note(now, who, f"paused {_what(channel)}: {why}", account or "all accounts")
    return begun


def resume(
    store: Store, account: str | None, channel: Channel | None, *, now: datetime, who: str
) -> Pause:
    """Let go what was paused just so, and return what it was. NotDoneError where it is not paused,
    or the bounce guard holds it.
    """
    asked = Pause(account, channel, now, who, "")
    found = next(
        (each for each in store.pauses if (each.account, each.channel) == (account, channel)), None
    )
    if found is not None and found.by == GUARD:
        raise NotDoneError(
            f"the bounce guard paused {what_is_paused(found)}; `kizuna guard lift {account}`"
            " lifts that and forgives what has bounced",
            Because.BOUNCES,
        )
    lifted = store.pauses.lift(account, channel)
    if lifted is None:
        raise NotDoneError(
            f"{what_is_paused(asked)} is not paused; `kizuna pauses` shows what is", Because.ALREADY
        )
    store.audit.note(now, who, f"resumed {_what(channel)}", account or "all accounts")
    return lifted


def cancel(
    store: Store, account: str, on: date, channel: Channel | None, *, now: datetime, who: str
) -> list[Channel]:
    """Cancel what a run, or one channel of it, has not sent yet, and return the channels;
    NotDoneError where nothing of it is left.
    """
    run, asked = run_and_channels(store, account, on, channel)
    if run.closed_at is not None:
        raise NotDoneError(
            f"the run of {account} on {on} is closed: nothing of it is left to cancel", Because.OVER
        )
    channels = cancellable(store, run, asked)
    if not channels:
        raise NotDoneError(
            f"of the run of {account} on {on} nothing is left to cancel; `kizuna runs` shows it",
            Because.ALREADY,
        )
    if not store.control.cancel(run, channels, Cancelled(now, who)):
        raise NotDoneError(f"the run of {account} on {on} has just been closed", Because.CHANGED)
    store.audit.note(now, who, f"cancelled {', '.join(channels)} of {on}", account)
    return channels


def cancellable(store: Store, run: Run, asked: list[Channel]) -> list[Channel]:
    """The channels of a run of which something is left to cancel."""
    unfinished = {job.channel for job, state in store.ledger.jobs(run).items() if not state.done}
    return [each for each in asked if each in unfinished and each not in run.cancelled]


def resend(
    store: Store,
    account: str,
    on: date,
    channel: Channel | None,
    *,
    at: datetime,
    now: datetime,
    who: str,
    check: bool = False,
) -> Resent:
    """Send the message of today to those of a run who did not get it; with `check` only say to how
    many. `at` is the time of day that counts. NotDoneError where no message may go out then.
    """
    run, channels = run_and_channels(store, account, on, channel)
    _in_time(run, at)
    left = unsent(store, run, channels, at)
    going_out = bool(left.total()) and not check
    if going_out:
        store.control.resend(run, channels, now)
        store.audit.note(now, who, f"resent {', '.join(channels)} of {on}", account)
    paused = tuple(each for each in channels if store.pauses.covering(account, each))
    return Resent(left, paused, going_out)


def run_and_channels(
    store: Store, account: str, on: date, channel: Channel | None
) -> tuple[Run, list[Channel]]:
    """A run, with the one channel of it that is asked for, or all; NotDoneError where it has none
    such.
    """
    if store.accounts.get(account) is None:
        raise NotDoneError(f"there is no account {account!r}", Because.UNKNOWN)
    run = store.ledger.run(on, account)
    if run is None:
        raise NotDoneError(f"no run of {account} was opened on {on}", Because.UNKNOWN)
    channels = sorted({each for each, _ in run.jobs})
    if channel is not None and channel not in channels:
        raise NotDoneError(
            f"the run of {account} on {on} has no {channel}, but {', '.join(channels)}",
            Because.UNKNOWN,
        )
    return run, channels if channel is None else [channel]


def what_is_paused(pause: Pause) -> str:
    """What a pause covers, in the words of the command."""
    if pause.account is None and pause.channel is None:
        return "everything"
    return " ".join(each for each in (pause.account or "every account's", pause.channel) if each)


def _what(channel: Channel | None) -> str:
    return channel or "everything"


def _in_time(run: Run, now: datetime) -> None:
    """NotDoneError where messages of the run may not go out at this moment."""
    today = jst_date(now)
    if today != run.date:
        raise NotDoneError(
            f"today is {today}: the messages of {run.date} are never sent on another day",
            Because.OVER,
        )
    clock, settings = jst_time(now), run.settings
    if not settings.sending(clock):
        raise NotDoneError(
            f"it is {clock:%H:%M}, and {run.account} sends from {settings.send_at:%H:%M}"
            f" to {settings.quiet_from:%H:%M}: a message is never sent late",
            Because.HOURS,
        )
