"""Application: the form in which somebody asks to join, its rows, and what is wrong with it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from functions.register.accounts import OpenAccount
from functions.register.forms import Problem, address_in, channel_in, day_in, nickname_in, refused
from shared.rules.account import Channel
from shared.rules.changes import RefusedError
from shared.rules.joining import Child
from shared.web.form import Form, FormError

MOST_ROWS = 5
"""Pregnancies and children on one form, twins being one: more can be added on the own page."""

_KINDS = ("due", "born")


@dataclass(frozen=True, slots=True)
class Row:
    """One pregnancy or child, as it was typed in."""

    kind: str = ""
    day: str = ""
    nickname: str = ""
    twins: bool = False
    second: str = ""

    @property
    def opened(self) -> bool:
        """Whether what need not be filled in was."""
        return bool(self.nickname or self.twins or self.second)


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was filled in so far; `started` once it was sent without a fault."""

    rows: tuple[Row, ...] = (Row(),)
    channel: str = ""
    email: str = ""
    phone: str = ""
    consent: bool = False
    started: bool = False

    @classmethod
    def of(cls, form: Form) -> Self:
        """What a browser sent; FormError where the number of rows is none of ours."""
        count = form.get("rows", "1")
        if count not in {str(n) for n in range(1, MOST_ROWS + 1)}:
            raise FormError(400)
        return cls(
            tuple(_row(form, f"-{n}") for n in range(1, int(count) + 1)),
            form.get("channel", ""),
            form.get("email", ""),
            form.get("phone", ""),
            consent=form.get("consent") == "yes",
            started=form.get("started") == "yes",
        )

    def with_row(self) -> Self:
        """With one more row, as long as there may be one."""
        return replace(self, rows=(*self.rows, Row())[:MOST_ROWS])

    def without_row(self, number: str) -> Self:
        """Without a row (the first is 1); FormError where it is not there, or the last."""
        numbers = [str(n) for n in range(1, len(self.rows) + 1)]
        if number not in numbers or len(numbers) == 1:
            raise FormError(400)
        kept = tuple(row for n, row in zip(numbers, self.rows, strict=True) if n != number)
        return replace(self, rows=kept)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, without a fault."""

    children: tuple[Child, ...]
    channel: Channel
    address: str


def read_children(
    form: Form, filled: Filled, at: OpenAccount, today: date
) -> list[Child | Problem]:
    """The children of each row (twins are two), or what is wrong with a row."""
    found: list[Child | Problem] = []
    for n in range(1, len(filled.rows) + 1):
        found += _children(form, f"-{n}", at, today)
    return found


def read_wanted(
    form: Form,
    filled: Filled,
    at: OpenAccount,
    today: date,
    *,
    invited_to: tuple[Child, ...] = (),
) -> Wanted | tuple[Problem, ...]:
    """What was asked for, or everything that is wrong with it, from top to bottom. Who is
    `invited_to` follow a child says nothing of it.
    """
    children: list[Child | Problem] = list(invited_to) or read_children(form, filled, at, today)
    channel = channel_in(form, at.channels)
    address = channel if isinstance(channel, Problem) else address_in(form, channel)
    agreed = True if filled.consent else Problem("consent", "errors.consent")
    problems = [each for each in (*children, address, agreed) if isinstance(each, Problem)]
    if problems or isinstance(channel, Problem) or isinstance(address, Problem):
        return tuple(problems)
    return Wanted(tuple(c for c in children if isinstance(c, Child)), channel, address)


def _children(form: Form, row: str, at: OpenAccount, today: date) -> list[Child | Problem]:
    kind, day = form.get(f"kind{row}", ""), day_in(form, f"day{row}")
    found: list[str | Problem | None] = [nickname_in(form, f"nickname{row}")]
    if form.get(f"twins{row}") == "yes":
        found.append(nickname_in(form, f"second{row}"))
    problems = [each for each in found if isinstance(each, Problem)]
    if isinstance(day, Problem):
        problems.insert(0, day)
    if kind not in _KINDS:
        problems.insert(0, Problem(f"kind{row}", "errors.kind"))
    if problems or isinstance(day, Problem):
        return list(problems)
    one = Child(due_date=day) if kind == "due" else Child(birth_date=day)
    try:
        one.check(today, at.settings.end_of_delivery)
    except RefusedError as error:
        return [refused(f"day{row}", error.refusal, joining=True)]
    return [replace(one, nickname=name) for name in found if not isinstance(name, Problem)]


def _row(form: Form, row: str) -> Row:
    return Row(
        form.get(f"kind{row}", ""),
        form.get(f"day{row}", ""),
        form.get(f"nickname{row}", ""),
        form.get(f"twins{row}") == "yes",
        form.get(f"second{row}", ""),
    )
