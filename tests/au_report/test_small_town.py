"""Where most cells of a table would be hidden, a coarser one says something."""

from dataclasses import replace

from functions.au_report.reader import Reader
from functions.au_report.report import Audience, Table
from functions.au_report.stages import stages
from shared.rules.au import FIRST_WEEK, LAST_WEEK
from tests.au.sample import november
from tests.au_report.made import texts

WEEKS = LAST_WEEK - FIRST_WEEK + 1


def tables(weeks, months, audience=Audience.ACCOUNT):
    """The tables of stages, by name, where so many are in each week and in each month of age."""
    ages = dict.fromkeys(range(12), months) if months else {}
    detail = replace(november().detail["bunkyo"], weeks=tuple([weeks] * WEEKS), ages=ages)
    section = stages(detail, weeks * WEEKS, months * 12, Reader(audience))
    return {each.name: each for each in section.blocks if isinstance(each, Table)}


def test_the_weeks_of_a_small_town_are_told_by_trimester():
    found = tables(weeks=2, months=2)

    assert texts(found["妊娠週数"]) == {
        "妊娠初期（4〜15週）": ["24"],
        "妊娠中期（16〜27週）": ["24"],
        "妊娠後期（28〜41週）": ["28"],
        "妊娠期の合計": ["76"],
    }
    assert "3つの時期にまとめました" in found["妊娠週数"].notes[0]


def test_the_months_of_the_first_year_are_told_by_halves():
    assert texts(tables(weeks=2, months=2)["0歳の月齢"]) == {
        "0〜5か月": ["12"],
        "6〜11か月": ["12"],
    }


def test_a_larger_town_keeps_its_weeks_and_months():
    found = tables(weeks=9, months=9)

    assert texts(found["妊娠週数"])["2か月（4〜7週）"] == ["36", "9", "9", "9", "9"]
    assert texts(found["0歳の月齢"])["0〜2か月"] == ["9", "9", "9"]


def test_the_office_sees_every_week():
    found = tables(weeks=2, months=2, audience=Audience.OFFICE)

    assert texts(found["妊娠週数"])["2か月（4〜7週）"] == ["8", "2", "2", "2", "2"]
