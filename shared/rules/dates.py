"""Calendar: the Tokyo day of an instant, and ages reckoned as 民法143条 has it."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")


def jst_date(instant: datetime) -> date:
    """The date in Asia/Tokyo of an aware instant."""
    return instant.astimezone(JST).date()


def jst_time(instant: datetime) -> time:
    """The time of day in Asia/Tokyo of an aware instant."""
    return instant.astimezone(JST).time()


def jst_instant(day: date, at: time = time.min) -> datetime:
    """The instant, in UTC, at which a Tokyo clock shows `at` on `day`."""
    return datetime.combine(day, at, JST).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The day on which `months` calendar months from `day` are complete.

    Where the month has no such day, the 1st of the next month (民法143条2項 and the reckoning of
    ages that follows from it): one month after 31 January 2026 is 1 March 2026.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if day.day > calendar.monthrange(year, month)[1]:
        return date(year, month, 1) + timedelta(days=calendar.monthrange(year, month)[1])
    return date(year, month, day.day)


def add_years(day: date, years: int) -> date:
    """The day on which `years` years from `day` are complete: 29 February turns on 1 March."""
    return add_months(day, 12 * years)
