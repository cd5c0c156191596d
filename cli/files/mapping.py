"""A mapping: what another system calls columns, channels and states, in the words of ours."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.errors import CallError
from cli.files.enrolments import StoppedBy
from cli.files.subscribers import SUBSCRIBER_COLUMNS
from cli.files.table import Row
from shared.office.fields import day, instant
from shared.rules.account import Channel
from shared.rules.dates import JST, jst_instant
from shared.rules.stage import Phase

Status = Literal["active", "stopped", "suspended", "leave_out"]
OurColumn = Literal[
    "subscriber",
    "account",
    "channel",
    "address",
    "email",
    "line",
    "sms",
    "touchpoint",
    "enrolment",
    "nickname",
    "phase",
    "date",
    "due_date",
    "birth_date",
    "birth_registered_at",
    "joined_at",
    "status",
    "stopped_at",
    "stopped_by",
    "returned_at",
    "last_sent",
]
"""The columns of subscribers.csv, and what stands for some of them in another system: an address
by channel, one date with its phase, a status, the day of the last message.
"""

_STOPPED_BY = {"stopped": StoppedBy.SUBSCRIBER, "suspended": StoppedBy.SYSTEM}
_DATE_OF: Mapping[str, str] = {Phase.PREGNANCY: "due_date", Phase.CHILDCARE: "birth_date"}
_DAYS = ("date", "due_date", "birth_date", "last_sent")
_INSTANTS = ("birth_registered_at", "joined_at", "stopped_at", "returned_at")


class _Codes(BaseModel):
    """Their codes of a column, by what they mean."""

    model_config = ConfigDict(extra="forbid")

    account: dict[str, str] = {}
    channel: dict[str, Channel] = {}
    phase: dict[str, Phase] = {}
    status: dict[str, Status] = {}
    stopped_by: dict[str, StoppedBy] = {}


class MoveInMapping(BaseModel):
    """A mapping file. `columns`: theirs by ours; `fixed`: what stands in a column of ours where
    theirs is blank or there is none; `dates`: their forms of dates and instants, as strptime has
    them, where ours does not read them.
    """

    model_config = ConfigDict(extra="forbid")

    columns: dict[OurColumn, str]
    fixed: dict[OurColumn, str] = {}
    codes: _Codes = Field(default_factory=_Codes)
    dates: tuple[str, ...] = ()


def read_mapping(path: Path) -> MoveInMapping:
    """The mapping of a TOML file; CallError with all that is wrong in it, in a line."""
    try:
        found = MoveInMapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise CallError(f"{path.name}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallError(f"{path.name}: is no TOML in UTF-8: {error}") from None
    except ValidationError as error:
        raise CallError(f"{path.name}: {'; '.join(map(_fault, error.errors()))}") from None
    for needed in ("subscriber", "account", "joined_at"):
        if needed not in {*found.columns, *found.fixed}:
            raise CallError(f"{path.name}: give {needed} in [columns] or in [fixed]")
    return found


def _fault(error: Mapping[str, object]) -> str:
    where = [str(each) for each in error["loc"] if each != "[key]"]  # type: ignore[attr-defined]
    return f"[{'.'.join(where[:-1])}] {where[-1]}: {error['msg']}" if where else str(error["msg"])


class Translation:
    """Their rows as rows of subscribers.csv. `left_out` are the numbers of those whose status says
    so, `sent_today` the subscribers whose last message is of `today`.
    """

    def __init__(self, mapping: MoveInMapping, today: date) -> None:
        self._mapping, self._today = mapping, today
        self._children: dict[str, int] = {}
        self.left_out: list[int] = []
        self.sent_today: set[str] = set()

    def rows(self, theirs: Iterable[Row]) -> Iterator[Row]:
        """The rows; what cannot be read of one is a fault of it."""
        return filter(None, map(self._ours, theirs))

    def _ours(self, row: Row) -> Row | None:
        theirs = {str(ours): name for ours, name in self._mapping.columns.items()}
        cells: dict[str, str] = dict.fromkeys(get_args(OurColumn), "")
        cells |= {ours: row.cells[name] for ours, name in theirs.items()}
        ours = Row(row.number, cells, row.faults, theirs=theirs)
        for name in ("account", "channel", "phase", "status", "stopped_by"):
            cells[name] = self._code(ours, name)
        if cells["status"] == "leave_out":
            self.left_out.append(row.number)
            return None
        for name in _DAYS:
            cells[name] = self._date(ours, name, _day_of, day)
        for name in _INSTANTS:
            cells[name] = self._date(ours, name, _in_japan, instant)
        self._fill(ours, cells)
        ours.cells = {name: cells[name] for name in SUBSCRIBER_COLUMNS}
        return ours

    def _code(self, row: Row, name: str) -> str:
        """Their code of a column in our word; a word of ours needs none."""
        written = row.cells[name].strip()
        codes: Mapping[str, str] = getattr(self._mapping.codes, name)
        if not codes or not written:
            return written
        if written not in codes:
            known = ", ".join(codes)
            row.fault(name, f"has a code that [codes.{name}] does not name; it names {known}")
        return codes.get(written, "")

    def _date(
        self,
        row: Row,
        name: str,
        ours: Callable[[datetime], str],
        read: Callable[[str], object],
    ) -> str:
        """A date or instant of one of their forms, as ours; else as it stands."""
        written = row.cells[name].strip()
        for form in self._mapping.dates if written else ():
            try:
                return ours(datetime.strptime(written, form))  # noqa: DTZ007 - in Japan
            except ValueError:
                continue
        if name == "last_sent":
            row.optional(name, read)  # what nobody reads later is read here
        return written

    def _fill(self, row: Row, cells: dict[str, str]) -> None:
        """What ours asks for and theirs says in another way, or not at all."""
        for ours, fixed in self._mapping.fixed.items():
            if not cells[ours].strip() and ours not in {"stopped_at", "stopped_by"}:
                cells[ours] = fixed
        _fill_address(row, cells)
        _fill_dates(row, cells)
        self._fill_stop(row, cells)
        name = cells["subscriber"].strip()
        if not cells["enrolment"].strip():
            self._children[name] = self._children.get(name, 0) + 1
            cells["enrolment"] = f"e{self._children[name]}"
        if cells["last_sent"] and _is_day(cells["last_sent"], self._today):
            self.sent_today.add(name)

    def _fill_stop(self, row: Row, cells: dict[str, str]) -> None:
        status = cells["status"]
        if status == "active" and cells["stopped_at"] and not cells["returned_at"]:
            row.fault("status", "says active, but there is a day on which they stopped")
            cells["stopped_at"] = ""
        if status in _STOPPED_BY:
            cells["stopped_at"] = cells["stopped_at"] or self._mapping.fixed.get("stopped_at", "")
            if cells["stopped_at"]:
                cells["stopped_by"] = cells["stopped_by"] or _STOPPED_BY[status]
            else:
                row.fault("stopped_at", "is blank for one who has stopped; give it in [fixed]")
        elif cells["stopped_at"] and not cells["stopped_by"]:
            cells["stopped_by"] = self._mapping.fixed.get("stopped_by", "")


def _day_of(at: datetime) -> str:
    return at.date().isoformat()


def _in_japan(at: datetime) -> str:
    return (at if at.tzinfo else at.replace(tzinfo=JST)).isoformat()


def _is_day(written: str, today: date) -> bool:
    try:
        return day(written) == today
    except ValueError:
        return False  # a fault already


def _fill_address(row: Row, cells: dict[str, str]) -> None:
    """The address by channel; the channel by the only address that there is."""
    given = [channel for channel in Channel if cells[channel].strip()]
    if not cells["channel"] and len(given) == 1:
        cells["channel"] = given[0]
    if not cells["address"].strip() and cells["channel"] in set(Channel):
        cells["address"] = cells[cells["channel"]]
        row.theirs = {**row.theirs, "address": row.theirs.get(cells["channel"], "address")}


def _fill_dates(row: Row, cells: dict[str, str]) -> None:
    """One date with its phase; the instant of a birth that theirs does not tell."""
    column = _DATE_OF.get(cells["phase"])
    if cells["date"] and column:
        cells[column] = cells[column] or cells["date"]
        row.theirs = {**row.theirs, column: row.theirs.get("date", column)}
    if cells["due_date"] and cells["birth_date"] and not cells["birth_registered_at"]:
        try:
            known = max(instant(cells["joined_at"]), jst_instant(day(cells["birth_date"])))
        except ValueError:
            return  # a fault of the cell itself, which is told where it is read
        cells["birth_registered_at"] = known.isoformat()
