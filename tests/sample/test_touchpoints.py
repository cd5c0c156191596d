"""The sample's touchpoints are those through which its invented people came."""

import csv

from cli.samples import SAMPLES
from cli.touchpoint.registering import parse_name
from local.sample.generator import TOUCHPOINTS_AFTER_BIRTH, TOUCHPOINTS_BEFORE_BIRTH
from shared.rules.touchpoint import BUILT_IN, is_touchpoint_id


def rows():
    with (SAMPLES / "touchpoints.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everybody_came_through_a_touchpoint_that_is_in_the_file():
    assert {*TOUCHPOINTS_BEFORE_BIRTH, *TOUCHPOINTS_AFTER_BIRTH} <= {
        row["touchpoint"] for row in rows()
    }


def test_every_touchpoint_could_have_been_added_by_hand():
    ids = [row["touchpoint"] for row in rows()]

    assert [each for each in ids if not is_touchpoint_id(each) or each in BUILT_IN] == []
    assert len(set(ids)) == len(ids)
    assert [row["name"] for row in rows()] == [parse_name(row["name"]) for row in rows()]
