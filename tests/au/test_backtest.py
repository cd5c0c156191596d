"""The forecast of a year ago, held against what came of invented people."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import pytest
import typer
from typer.testing import CliRunner

from cli.au.backtest import backtest, graduations_line, invent, sample_accounts, tell
from cli.errors import CallError, FailedError
from shared.rules.account import Channel
from shared.rules.au import Measure
from shared.rules.backtest import Comparison, Fate, Graduations, fate, look_back
from shared.rules.forecast import forecast
from shared.rules.months import Month
from shared.rules.spells import Entered, Left, Spell
from shared.rules.stage import Phase
from shared.rules.tally import Tally
from tests.rules.test_forecast import NOVEMBER, detail

TODAY, COUNT, SEED = date(2026, 12, 1), 1_500, 20261123


@cache
def people(today=TODAY, seed=SEED):
    return invent(sample_accounts(today), COUNT, today, seed)


@cache
def found(today=TODAY, seed=SEED):
    return look_back(people(today, seed), sample_accounts(today), Month.of(today).plus(-1))


# The known part.


@pytest.mark.parametrize("today", [TODAY, date(2025, 4, 1), date(2028, 3, 31)], ids=str)
def test_graduations_known_from_dates_come_to_the_last_one(today):
    months = found(today).graduations

    assert len(months) == 12
    assert sum(each.came for each in months) > 60
    assert all(each.exact for each in months)
    assert found(today).exact


def test_an_end_of_delivery_that_moved_explains_who_did_not_graduate():
    # 札幌市 went from birthday(3) to birthday(6) on 1 April 2024, in the middle of these 12 months.
    months = found(date(2024, 9, 1)).graduations

    assert found(date(2024, 9, 1)).exact
    assert [str(each.month) for each in months if each.fates[Fate.CORRECTED]] == [
        "2024-04",
        "2024-05",
        "2024-06",
        "2024-07",
        "2024-08",
    ]


def test_a_forecast_that_is_off_by_a_month_is_not_exact():
    months = found().graduations
    shifted = [
        replace(each, forecast=other.forecast)
        for each, other in zip(months, [*months[1:], months[0]], strict=True)
    ]

    assert not all(each.exact for each in shifted)
    assert not replace(found(), graduations=shifted).exact


def at(month, day=1):
    return datetime(2026, month, day, tzinfo=UTC)


def spell(begins, ends, left, base=date(2023, 6, 9), account="bunkyo"):
    entered = Entered.NEW_CHILDCARE
    return Spell(begins, ends, account, Channel.LINE, Phase.CHILDCARE, base, entered, left)


FORESEEN = spell(at(1), at(6, 10), Left.GRADUATED)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ([FORESEEN], Fate.CAME),
        ([spell(at(1), at(3), Left.STOPPED_SUBSCRIBER)], Fate.STOPPED),
        ([spell(at(1), at(3), Left.STOPPED_SYSTEM)], Fate.STOPPED),
        (
            [
                spell(at(1), at(3), Left.STOPPED_SUBSCRIBER),
                spell(at(4), at(6, 10), Left.GRADUATED),
            ],
            Fate.CAME,
        ),
        (
            [spell(at(1), at(3), Left.OTHER_CHANNEL), spell(at(3), at(6, 10), Left.GRADUATED)],
            Fate.CAME,
        ),
        ([spell(at(1), at(3), Left.MOVED_OUT)], Fate.MOVED),
        (
            [
                spell(at(1), at(3), Left.MOVED_OUT),
                spell(at(3), at(6, 10), Left.GRADUATED, account="naha"),
            ],
            Fate.MOVED,
        ),
        ([spell(at(1), at(7), Left.GRADUATED, base=date(2023, 6, 30))], Fate.CORRECTED),
        ([spell(at(1), at(5), Left.GRADUATED, base=date(2023, 4, 30))], Fate.CORRECTED),
        ([spell(at(1), at(6, 11), Left.GRADUATED)], Fate.UNEXPLAINED),
        ([spell(at(1), at(6, 9), Left.GRADUATED)], Fate.UNEXPLAINED),
        ([spell(at(1), at(8), Left.STOPPED_SUBSCRIBER)], Fate.UNEXPLAINED),
    ],
)
def test_what_became_of_a_graduation_is_told_by_the_records(since, expected):
    assert fate(FORESEEN, since, end_moved=False) == expected


def test_an_end_that_moved_explains_a_graduation_that_did_not_come():
    later = [spell(at(1), at(12), Left.GRADUATED)]

    assert fate(FORESEEN, later, end_moved=True) is Fate.CORRECTED


def test_the_line_of_the_check_says_what_became_of_them():
    fates = {Fate.CAME: 380, Fate.STOPPED: 30, Fate.CORRECTED: 2}
    exact = Graduations(Month(2026, 6), 412, fates)
    wrong = Graduations(Month(2026, 7), 10, {Fate.CAME: 9, Fate.UNEXPLAINED: 1})

    assert graduations_line([exact]) == (
        "known graduations: foreseen 412 = came 380 + left before 32 (stopped 30, corrected 2)"
    )
    assert graduations_line([exact, wrong]) == (
        "known graduations: foreseen 422 = came 389 + left before 32 "
        "(stopped 30, corrected 2, unexplained 1); NOT EXACT in 2026-07: the forecast has 422"
    )


# The estimate.


def test_the_total_is_foreseen_within_4_percent_a_year_ahead():
    # So few people are hard to foresee: measured are 2.5% in the mean and 3.3% at the end. Three
    # other seeds have 0.7% to 1.1%, and 1.5% to 2.0%.
    total = found().total

    assert len(total.came) == 12
    assert total.mape < 0.03
    assert abs(total.errors[11]) < 0.04


def test_what_came_lies_in_the_band_about_as_often_as_promised():
    inside = [
        each
        for seed in (SEED, 1, 2, 3)
        for one in found(seed=seed).accounts.values()
        for each in one.inside
    ]

    assert 0.75 < sum(inside) / len(inside) < 0.92  # measured: 0.86


def test_what_came_is_what_is_counted_now():
    accounts = sample_accounts(TODAY)
    tally = Tally(Measure.month_end(Month(2026, 11)), accounts)
    for subscriber in people():
        tally.add(subscriber)

    assert {name: each.came[-1] for name, each in found().accounts.items()} == {
        name: each.total.subscribers for name, each in tally.figures().items()
    }
    assert found().total.came[-1] == sum(each.came[-1] for each in found().accounts.values())


def test_the_forecast_is_the_one_of_a_year_ago():
    assert found().made_at == datetime(2025, 11, 30, 15, tzinfo=UTC)
    assert found().total.forecast.months[0] == Month(2025, 12)


def test_what_happened_since_changes_nothing_in_the_forecast_of_a_year_ago():
    accounts = sample_accounts(TODAY)
    a_year_ago = datetime(2025, 11, 30, 15, tzinfo=UTC)
    known_then = tuple(
        replace(
            each,
            enrolments=tuple(
                replace(one, history=tuple(e for e in one.history if e.at < a_year_ago))
                for one in each.enrolments
            ),
        )
        for each in people()
    )

    made = look_back(known_then, accounts, Month(2026, 11))

    assert made.total.forecast == found().total.forecast


def test_errors_are_shares_of_what_came():
    made = forecast(detail(known=[100, 110, 120]), NOVEMBER)

    compared = Comparison(made, (80, 110, 0))

    assert compared.errors == [0.25, 0.0, None]
    assert compared.mape == 0.125
    assert compared.inside == [False, True, False]
    assert Comparison(made, (0, 0, 0)).mape is None


# The command.

app = typer.Typer()
app.command()(backtest)


def test_the_command_prints_the_months_the_accounts_and_the_check():
    told = CliRunner().invoke(app, ["--subscribers", "300", "--on", "2026-12-01"])

    assert told.exit_code == 0
    assert "2025-12" in told.stdout
    assert "karuizawa" in told.stdout
    assert "known graduations: foreseen " in told.stdout


def test_the_command_prints_one_document_for_programs():
    call = ["--subscribers", "300", "--on", "2026-12-01", "--seed", "7", "--json"]
    told = json.loads(CliRunner().invoke(app, call).stdout)

    assert (told["subscribers"], told["seed"], told["on"]) == (300, 7, "2026-12-01")
    assert told["exact"] is True
    assert [each["month"] for each in told["total"]["months"]] == [
        str(Month(2025, 12).plus(n)) for n in range(12)
    ]
    for each in told["graduations"]:
        assert each["foreseen"] == each["came"] + each["left_before"] == each["forecast"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_known_part_that_is_not_exact_is_told_and_fails(capsys, as_json):
    wrong = replace(found(), graduations=[Graduations(Month(2026, 7), 1, {Fate.UNEXPLAINED: 1})])

    with pytest.raises(FailedError, match="the known part is not exact"):
        tell(wrong, {"seed": 1}, as_json=as_json)

    told = capsys.readouterr().out
    assert ('"exact": false' if as_json else "NOT EXACT in 2026-07") in told


def test_a_day_before_the_sample_accounts_is_refused():
    told = CliRunner().invoke(app, ["--on", "2019-04-01"])

    assert isinstance(told.exception, CallError)
