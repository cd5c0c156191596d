"""Punctuality: how soon after the sending time a day's messages were accepted."""

from collections.abc import Mapping

SHARES = (50, 95, 100)
"""The percentages that are told: half of all, nearly all, the last one."""


def minutes_until(minutes: Mapping[int, int], percent: int) -> int | None:
    """The minute, counted from the sending time, in which `percent` of all accepted messages were
    reached; `minutes` says how many were accepted in each. None where none were.
    """
    all_of_them, so_far = sum(minutes.values()), 0
    for minute in sorted(minutes):
        so_far += minutes[minute]
        if so_far and so_far * 100 >= all_of_them * percent:
            return minute
    return None
