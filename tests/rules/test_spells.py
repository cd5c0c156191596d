from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.rules.spells import Entered, Left, spells, stand, terms
from shared.rules.stage import Phase
from tests.rules.lives import all_accounts, moments, subscribers

KNOWN = datetime(2031, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
GOES_ON = {Left.BORN: Entered.BORN, Left.OTHER_CHANNEL: Entered.OTHER_CHANNEL}
GOES_ON |= {Left.MOVED_OUT: Entered.MOVED_IN}


def spells_of(subscriber, enrolment, accounts, known=KNOWN):
    terms_of = {each.id: terms(each, known) for each in accounts.values()}
    return spells(subscriber, enrolment, terms_of, known)


@given(subscribers(), all_accounts(), st.lists(moments, min_size=1, max_size=20))
def test_an_enrolment_counts_in_its_spells_and_at_no_other_instant(subscriber, accounts, instants):
    for enrolment in subscriber.enrolments:
        found = spells_of(subscriber, enrolment, accounts)
        edges = [edge for spell in found for edge in (spell.begins, spell.ends)]
        edges += [edge - TICK for edge in edges]
        for at in [*instants, *edges]:
            (phase, place) = next(
                ((s.phase, (s.account, s.channel)) for s in found if s.holds(at)), (None, None)
            )
            stood = stand(subscriber, enrolment, accounts, at)
            assert phase == (stood if isinstance(stood, Phase) else None), at
            if place:
                assert place == subscriber.where(at)


@given(subscribers(), all_accounts())
def test_spells_follow_each_other_and_each_says_how_it_goes_on(subscriber, accounts):
    for enrolment in subscriber.enrolments:
        found = spells_of(subscriber, enrolment, accounts)
        assert all(spell.begins < spell.ends for spell in found)
        for one, other in pairwise(found):
            assert one.ends <= other.begins
            if one.ends == other.begins:
                assert GOES_ON[one.left] == other.entered
                before = (one.account, one.phase, one.channel)
                assert before != (other.account, other.phase, other.channel)
            else:
                assert other.entered not in {Entered.BORN, Entered.OTHER_CHANNEL}


@given(subscribers(), all_accounts(), moments, moments)
def test_what_happens_later_does_not_change_the_spells_until_then(subscriber, accounts, at, known):
    early, late = sorted([at, known])
    for enrolment in subscriber.enrolments:
        then = spells_of(subscriber, enrolment, accounts, early)
        now = spells_of(subscriber, enrolment, accounts, late)
        begun = [s for s in now if s.begins <= early]
        assert [(s.begins, s.entered, s.account) for s in then if s.begins <= early] == [
            (s.begins, s.entered, s.account) for s in begun
        ]
        over = [s for s in now if s.ends <= early]
        assert [s for s in then if s.ends <= early] == over
