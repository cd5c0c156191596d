"""Announcements: once to each whom they concern, besides the day's message, by the same ledger."""

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from functions.register.pages import handler as pages
from shared.office import announcing
from shared.office.errors import NotDoneError
from shared.office.runs import day_report
from shared.rules.account import Channel
from shared.rules.announcement import SECOND_PERSON_FROM, Announcement, Audience, State
from shared.rules.dates import JST
from shared.rules.ending import DEFAULT_END
from shared.rules.history import Event, Happened
from shared.rules.stage import Phase, Reason
from shared.rules.subscriber import Enrolment
from shared.rules.text import Text
from tests.register.test_pages import request
from tests.world import JOINED, TEN, TODAY, World, pregnant

TEXT = Text("断水のお知らせ", "{account}では、明日断水があります。", "断水のお知らせです")
ALL = Audience(("bunkyo",), tuple(Channel), (4, 41), (0, 36))
MORNING = datetime(2026, 11, 25, 8, 0, tzinfo=JST)
BORN = (Event(JOINED, Happened.JOINED), Event(JOINED, Happened.BIRTH, date(2025, 11, 20)))


def announced(world: World, audience: Audience = ALL, at: time = time(9, 30)) -> Announcement:
    """An announcement of today that was approved."""
    written = announcing.write(world.store, TEXT, audience, TODAY, at, now=MORNING, who="編集 三郎")
    return announcing.approve(world.store, written.id, now=MORNING, who="確認 次郎")


def told(world: World) -> list[str]:
    return [each.recipient for each in world.sent() if "断水" in each.text]


def test_it_comes_once_to_each_besides_the_days_message(world: World) -> None:
    announced(world)
    world.add(*(pregnant(n, channel) for n, channel in enumerate(Channel)))

    for _ in range(3):
        world.day()

    assert len(told(world)) == 3
    assert len(world.sent()) == 6
    assert len({each.recipient for each in world.sent()}) == 3
    assert all("文京区" in each.text for each in world.sent() if "断水" in each.text)


def test_a_family_gets_it_once(world: World) -> None:
    announced(world)
    mother = pregnant(1, twins=True)
    world.add(replace(mother, enrolments=(Enrolment("e0", None, BORN), *mother.enrolments)))

    world.day()

    assert len(told(world)) == 1


@pytest.mark.parametrize(
    ("audience", "reached"),
    [
        (replace(ALL, weeks=(32, 32), months=None), ["pregnant"]),
        (replace(ALL, weeks=(33, 41), months=None), []),
        (replace(ALL, weeks=None, months=(12, 12)), ["parent"]),
        (replace(ALL, weeks=None, months=(13, 36)), []),
        (replace(ALL, channels=(Channel.SMS,)), []),
        (replace(ALL, weeks=(4, 32), months=(0, 12)), ["pregnant", "parent"]),
    ],
)
def test_it_reaches_those_whom_it_concerns_and_nobody_else(
    world: World, audience: Audience, reached: list[str]
) -> None:
    announced(world, audience)
    one, other = pregnant(1), replace(pregnant(2), enrolments=(Enrolment("e1", None, BORN),))
    world.add(one, other)

    world.day()

    names = {one.address: "pregnant", other.address: "parent"}
    assert sorted(names[each] for each in told(world)) == sorted(reached)


def test_who_has_stopped_hears_nothing(world: World) -> None:
    announced(world)
    world.add(pregnant(1))
    world.stop("s1", TEN - timedelta(minutes=40))

    world.day()

    assert world.sent() == []


def test_it_waits_for_its_hour_and_never_goes_out_in_the_quiet_hours_or_later(
    world: World,
) -> None:
    announced(world, at=time(18))
    world.add(pregnant(1))

    world.day(TEN)
    assert told(world) == []
    world.day(TEN.replace(hour=21, minute=30))
    assert told(world) == []
    world.day(TEN + timedelta(days=1))
    assert told(world) == []


def test_at_its_hour_it_goes_out(world: World) -> None:
    announced(world, at=time(18))
    world.add(pregnant(1))

    world.day(TEN.replace(hour=18))

    assert len(told(world)) == 1


def test_until_somebody_approves_it_nothing_goes_out(world: World) -> None:
    announcing.write(world.store, TEXT, ALL, TODAY, time(9, 30), now=MORNING, who="編集 三郎")
    world.add(pregnant(1))

    world.day()

    assert told(world) == []


def test_what_is_withdrawn_before_does_not_go_out_and_after_is_cancelled(world: World) -> None:
    one = announced(world)
    world.add(pregnant(1))
    world.tick()
    announcing.withdraw(world.store, one.id, now=TEN, who="管理 花子")

    world.work()
    world.tick()

    assert told(world) == []
    run = world.store.ledger.run(TODAY, "bunkyo", one.id)
    assert run is not None
    assert run.total().silent == {Reason.CANCELLED: 1}


def test_many_need_a_second_person(world: World) -> None:
    written = announcing.write(
        world.store, TEXT, ALL, TODAY, time(9, 30), now=MORNING, who="編集 三郎"
    )
    many = replace(written, id="20261125-aaaaaa", readers=SECOND_PERSON_FROM)
    world.store.announcements.add(many)

    with pytest.raises(NotDoneError, match="another person"):
        announcing.approve(world.store, many.id, now=MORNING, who="編集 三郎")
    approved = announcing.approve(world.store, many.id, now=MORNING, who="確認 次郎")

    assert approved.state is State.APPROVED
    with pytest.raises(NotDoneError, match="before"):
        announcing.approve(world.store, many.id, now=MORNING, who="管理 花子")


def test_reports_tell_it_from_the_days_messages(world: World) -> None:
    one = announced(world)
    world.add(pregnant(1), pregnant(2))

    world.day()

    runs = {each["announcement"]: each for each in day_report(world.store, TODAY)["runs"]}
    assert set(runs) == {None, one.id}
    assert runs[one.id]["total"]["accepted"] == runs[None]["total"]["accepted"] == 2
    assert world.sums().accepted == 2


def test_the_page_behind_its_sms_shows_it(world: World) -> None:
    announced(world)
    world.add(pregnant(1, Channel.SMS))
    world.day()

    (sms,) = (each for each in world.sent() if "断水" in each.text)
    found = re.search(r"/m/[\w.~-]+", sms.text)
    assert found is not None
    answer = request("GET", found[0], pages)

    assert answer["statusCode"] == 200
    assert "文京区では、明日断水があります。" in answer["body"]


def test_what_ses_tells_of_it_finds_its_message(world: World) -> None:
    one = announced(world)
    world.add(pregnant(1))
    world.day()

    world.ses_reports()

    run = world.store.ledger.run(TODAY, "bunkyo", one.id)
    assert run is not None
    (job,) = [each for each in run.job_ids() if each.channel is Channel.EMAIL]
    assert all(batch.settled for batch in world.store.waves.batches(job))


def test_days_of_pregnancy_and_months_of_life_meet_without_a_gap() -> None:
    weeks = [replace(ALL, weeks=(n, n), months=None) for n in range(4, 42)]
    months = [replace(ALL, weeks=None, months=(n, n)) for n in range(36)]

    days = [day for each in weeks for day in sorted(each.schedule(DEFAULT_END))]
    lives = [day for each in months for day in sorted(each.schedule(DEFAULT_END)) if day[1] >= 0]

    assert days == [(Phase.PREGNANCY, day) for day in range(28, 294)]
    assert lives == [(Phase.CHILDCARE, day) for day in range(1096)]


@pytest.mark.parametrize(
    ("audience", "on", "at", "why"),
    [
        (replace(ALL, accounts=()), TODAY, time(9, 30), "needs accounts"),
        (replace(ALL, weeks=None, months=None), TODAY, time(9, 30), "needs a phase"),
        (ALL, TODAY - timedelta(days=1), time(9, 30), "has passed"),
        (ALL, TODAY, time(7), "has passed"),
        (ALL, TODAY, time(22), "quiet hours"),
        (ALL, TODAY + timedelta(days=91), time(9, 30), "90 days ahead"),
        (replace(ALL, accounts=("nowhere",)), TODAY, time(9, 30), "does not send"),
    ],
)
def test_what_makes_no_sense_is_not_stored(
    world: World, audience: Audience, on: date, at: time, why: str
) -> None:
    with pytest.raises(NotDoneError, match=why):
        announcing.write(world.store, TEXT, audience, on, at, now=MORNING, who="編集 三郎")

    assert list(world.store.announcements) == []
