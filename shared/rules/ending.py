"""End of delivery: until which day an account accompanies a child."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from shared.rules.dates import add_years

LONGEST_YEARS = 18
"""No account delivers beyond the 18th birthday, or the school year in which it falls."""


class EndKind(StrEnum):
    """The two ways in which an account may say when delivery ends."""

    BIRTHDAY = "birthday"
    SCHOOL_YEAR_END = "school_year_end"


@dataclass(frozen=True, slots=True)
class EndOfDelivery:
    """`birthday(n)`, or `school_year_end(grade)` with the grades of a Japanese school (1 to 12)."""

    kind: EndKind
    n: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `birthday(3)` or `school_year_end(1)`; ValueError says what would be right."""
        match = re.fullmatch(r"(birthday|school_year_end)\(([0-9]{1,2})\)", text)
        if match is None:
            message = "must be birthday(n) or school_year_end(grade), such as birthday(3)"
            raise ValueError(message)
        kind, n = EndKind(match[1]), int(match[2])
        highest = LONGEST_YEARS if kind is EndKind.BIRTHDAY else 12
        if not 1 <= n <= highest:
            message = f"{kind} takes 1 to {highest}"
            raise ValueError(message)
        return cls(kind, n)

    def __str__(self) -> str:
        """The rule as it is written in files."""
        return f"{self.kind}({self.n})"

    @property
    def longest_days(self) -> int:
        """No child that an account still accompanies has lived more days than this."""
        years = self.n if self.kind is EndKind.BIRTHDAY else self.n + 7
        return 366 * years

    def last_day(self, birth_date: date) -> date:
        """The last delivery day, itself included.

        A birthday is a delivery day. A child born on 1 April belongs to the earlier school year
        (学校教育法17条: an age is reached at the end of the day before the birthday).
        """
        if self.kind is EndKind.BIRTHDAY:
            return add_years(birth_date, self.n)
        early = (birth_date.month, birth_date.day) <= (4, 1)
        first_grade_begins = birth_date.year + (6 if early else 7)
        return date(first_grade_begins + self.n, 3, 31)


DEFAULT_END = EndOfDelivery(EndKind.BIRTHDAY, 3)

_SCHOOLS = ((6, "小学"), (9, "中学"), (12, "高校"))
"""The last grade of each school, counted from the first of elementary school."""


def until_words(end: EndOfDelivery) -> str:
    """How long a child is accompanied: 3歳のお誕生日, 小学1年生の3月"""
    if end.kind is EndKind.BIRTHDAY:
        return f"{end.n}歳のお誕生日"
    first = 1
    for last, school in _SCHOOLS:
        if end.n <= last:
            return f"{school}{end.n - first + 1}年生の3月"
        first = last + 1
    raise ValueError(f"no school has a grade {end.n}")
