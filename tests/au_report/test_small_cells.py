"""Small cells: what is shown of a split, and that nothing hidden can be computed from it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.small_cells import Hidden, alone, split, split_rows, within

FAR = 40
"""Further than any hidden figure of these tests."""


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "<5"), (1, "<5"), (4, "<5"), (-1, "<5"), (5, "5"), (36_706, "36706")]
)
def test_a_figure_under_5_is_not_told(value, shown):
    assert str(alone(value)) == shown


@pytest.mark.parametrize(
    ("values", "shown", "why"),
    [
        ([38, 147], ["38", "147"], "nothing is small"),
        ([3, 147], ["<5", "…"], "the total less the other would tell the 3"),
        ([3, 40, 60], ["<5", "…", "60"], "the smallest of the others covers it"),
        ([3, 2, 60], ["<5", "<5", "60"], "two cover each other"),
        ([0, 0, 60], ["<5", "<5", "…"], "a rest of 0 tells that both are 0"),
        ([4, 4, 60], ["<5", "<5", "…"], "a rest of 8 tells that both are 4"),
        ([4, 0, 60], ["<5", "<5", "60"], "a rest of 4 may be any two"),
        ([0, 5, 60], ["<5", "…", "…"], "a rest of 5 tells that the other is 5, so one more"),
        ([4, 30, 30], ["<5", "…", "…"], "who knows that … is the smallest knows it is 30 at most"),
        ([0, 0], ["<5", "<5"], "nothing is left to be hidden"),
        ([], [], "no cell"),
    ],
)
def test_cells_of_a_split_are_hidden_as_far_as_it_takes(values, shown, why):
    assert [str(cell) for cell in split(values)] == shown, why


def test_in_a_balance_what_came_and_what_went_cover_each_other():
    assert split([13, 2, 6, 3], signs=[1, 1, -1, -1]) == [13, Hidden.SMALL, 6, Hidden.SMALL]
    assert split([13, 2, 6, 7], signs=[1, 1, -1, -1]) == [13, Hidden.SMALL, Hidden.COVER, 7]


def test_in_a_balance_all_that_was_told_as_far_apart_as_can_be_is_covered():
    # 4 came and 0 went: nothing else makes a difference of 4.
    assert split([4, 0, 9], signs=[1, -1, 1]) == [Hidden.SMALL, Hidden.SMALL, Hidden.COVER]


def test_a_row_that_is_hidden_in_one_column_is_hidden_in_all():
    subscribers, enrolments = split_rows([[4, 30, 50], [6, 31, 60]])

    assert subscribers == [Hidden.SMALL, Hidden.COVER, 50]
    assert enrolments == [Hidden.COVER, Hidden.COVER, 60]


def test_the_parts_of_a_hidden_cell_are_hidden():
    assert within(Hidden.COVER, [9, 3]) == [Hidden.COVER, Hidden.SMALL]
    assert within(12, [9, 3]) == [Hidden.COVER, Hidden.SMALL]
    assert within(12, [7, 5]) == [7, 5]


def test_a_last_line_that_is_there_because_of_somebody_is_known_not_to_be_0():
    assert split([20, 0, 1], least=[0, 0, 1]) == [Hidden.COVER, Hidden.SMALL, Hidden.SMALL]


def possible(values, shown, signs):
    """What a reader can take each hidden cell to be, by trying everything: the shown cells and the
    total are known, <5 is 0 to 4, and … is 5 or more."""
    rest = sum(s * v for s, v, cell in zip(signs, values, shown, strict=True) if cell != v)
    hidden = [n for n, cell in enumerate(shown) if isinstance(cell, Hidden)]
    ranges = [range(5) if shown[n] is Hidden.SMALL else range(5, FAR) for n in hidden]
    found = [set() for _ in hidden]
    for tried in product(*ranges):
        if sum(signs[n] * value for n, value in zip(hidden, tried, strict=True)) == rest:
            for seen, value in zip(found, tried, strict=True):
                seen.add(value)
    return found


cells = st.lists(st.one_of(st.integers(0, 6), st.integers(0, 20)), min_size=1, max_size=4)


@given(values=cells, data=st.data())
def test_no_hidden_cell_can_be_computed_from_the_shown_ones_and_the_total(values, data):
    signs = [data.draw(st.sampled_from([1, -1])) for _ in values]

    shown = split(values, signs=signs)

    if all(isinstance(cell, Hidden) for cell in shown):
        return
    assert all(len(seen) >= 2 for seen in possible(values, shown, signs))


@given(values=st.lists(st.integers(0, 2_000), max_size=40))
def test_nothing_under_5_is_shown_and_nothing_is_shown_wrong(values):
    shown = split(values)

    assert len(shown) == len(values)
    for value, cell in zip(values, shown, strict=True):
        assert cell in (value, Hidden.COVER) if value >= 5 else cell is Hidden.SMALL


@given(values=st.lists(st.integers(5, 2_000), max_size=40))
def test_where_nothing_is_small_everything_is_shown(values):
    assert split(values) == values


@given(
    columns=st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=2)
)
def test_rows_are_hidden_in_all_columns_and_each_column_keeps_its_secret(columns):
    found = split_rows(columns)

    hidden = [[isinstance(cell, Hidden) for cell in shown] for shown in found]
    assert hidden[0] == hidden[1]
    if not all(hidden[0]):
        for values, shown in zip(columns, found, strict=True):
            assert all(len(seen) >= 2 for seen in possible(values, shown, [1, 1, 1]))
