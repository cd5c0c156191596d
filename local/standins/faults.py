"""The ways in which a provider can be told to fail, used up in the order they were asked for."""

import threading
from typing import Literal
from urllib.parse import unquote_plus

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

Provider = Literal["ses", "line", "twilio", "aws"]

WIRE_KINDS = frozenset({"server_error", "timeout", "garbled", "disconnect"})
"""Failures that know no provider: 500, no answer in time, 200 without JSON, a closed connection."""

KINDS: dict[Provider, frozenset[str]] = {
    "ses": WIRE_KINDS
    | {"throttle", "partial", "daily_quota", "unauthorized", "lost_event", "duplicate_event"},
    "line": WIRE_KINDS
    | {"throttle", "monthly_limit", "slow_down", "bad_recipient", "unauthorized"},
    "twilio": WIRE_KINDS | {"throttle", "refused", "unauthorized", "not_listed"},
    "aws": WIRE_KINDS | {"throttle"},
}
AWS_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "SendMessage"})
OPERATIONS: dict[Provider, frozenset[str]] = {
    "ses": frozenset({"send_bulk_email", "send_email", "get_account", "event"}),
    "line": frozenset(
        {
            "token",
            "reply",
            "login_token",
            "login_verify",
            "push",
            "multicast",
            "validate_push",
            "validate_multicast",
            "quota",
            "consumption",
        }
    ),
    "twilio": frozenset({"account", "create", "list", "fetch"}),
    "aws": AWS_WRITES | {"GetItem", "BatchGetItem", "Query", "Scan"},
}
SENDING: dict[Provider, frozenset[str]] = {
    "ses": frozenset({"send_bulk_email", "send_email"}),
    "line": frozenset({"push", "multicast"}),
    "twilio": frozenset({"create"}),
    "aws": AWS_WRITES,
}
BULK = frozenset({"send_bulk_email"})
ONLY_AT = {
    "lost_event": frozenset({"event"}),
    "duplicate_event": frozenset({"event"}),
    "not_listed": frozenset({"list"}),
}
"""Kinds that make sense at one operation only; the others are, unless told, for sending."""

CHOOSE_ENTRIES: dict[Provider, frozenset[str]] = {
    "ses": frozenset({"partial", "throttle", "daily_quota"}),
    "line": frozenset({"bad_recipient"}),
    "twilio": frozenset(),
    "aws": frozenset(),
}
"""Kinds that can strike some entries of a call and not others."""

PART_OF_THE_ANSWER = frozenset(
    {"partial", "bad_recipient", "refused", "lost_event", "duplicate_event", "not_listed"}
)
"""Kinds that change what the operation itself does, so `after` means nothing to them."""


class Fault(BaseModel):
    """One failure to come.

    `operation` none is any sending operation (AWS: any write); `recipient` limits it to calls that
    name this address; `after` lets the call take effect before it fails; `seconds` is how long a
    timeout holds the answer back; `entries` are the indexes that fail (none given: those of
    `recipient`, or all), with `status` (SES); `code` is Twilio's error code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Provider
    kind: str
    operation: str | None = None
    times: PositiveInt = 1
    after: bool = False
    recipient: str | None = None
    seconds: PositiveFloat = 30.0
    entries: tuple[NonNegativeInt, ...] = ()
    status: str = "TRANSIENT_FAILURE"
    code: PositiveInt = 21211

    @model_validator(mode="after")
    def _is_possible(self) -> "Fault":
        if self.kind not in KINDS[self.provider]:
            problem = f"{self.provider} has no kind {self.kind}"
            raise ValueError(problem)
        if self.operation and self.operation not in OPERATIONS[self.provider]:
            problem = f"{self.provider} has no operation {self.operation}"
            raise ValueError(problem)
        if self.entries and self.kind not in CHOOSE_ENTRIES[self.provider]:
            problem = f"{self.kind} of {self.provider} does not choose entries"
            raise ValueError(problem)
        if self.after and self.is_part_of_the_answer:
            problem = f"{self.kind} decides what takes effect: it cannot come after"
            raise ValueError(problem)
        return self

    @property
    def is_part_of_the_answer(self) -> bool:
        """Whether the operation itself answers it, rather than failing whole."""
        return self.kind in PART_OF_THE_ANSWER or bool(self.entries)

    def strikes(self, provider: str, operation: str, body: str) -> bool:
        """Return whether it is for this call; `body` is searched for the recipient."""
        if provider != self.provider:
            return False
        in_bulk = self.provider == "ses" and (self.entries or self.kind == "partial")
        where = BULK if in_bulk else ONLY_AT.get(self.kind, SENDING[self.provider])
        if operation not in (where if self.operation is None else {self.operation}):
            return False
        who = self.recipient
        return who is None or who in body or who in unquote_plus(body)


class Faults:
    """The failures that are waiting, and the calls that are being held back."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._release = threading.Event()

    def add(self, fault: Fault) -> None:
        """Let `fault` strike when those before it do not."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all, and let go of the calls that are held back."""
        with self._lock:
            self._waiting.clear()
            self._release.set()
            self._release = threading.Event()

    def waiting(self) -> list[Fault]:
        """Return those that have not struck yet, with the times that are left."""
        with self._lock:
            return list(self._waiting)

    def take(self, provider: str, operation: str, body: str = "") -> Fault | None:
        """Return the first fault for this call, used up by one, or None."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.strikes(provider, operation, body):
                    left = fault.model_copy(update={"times": fault.times - 1})
                    self._waiting[place : place + 1] = [left] if left.times else []
                    return fault
        return None

    def hold(self, seconds: float) -> None:
        """Wait `seconds`, or until the faults are cleared."""
        self._release.wait(seconds)
