"""The bucket of a provider account: slots are reserved one after another, by whoever asks."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.providers.rate_limit import RateLimit, rate_limit_of
from shared.rules.rate_limit import FURTHEST, SECOND, duration, next_slot
from shared.store import keys
from shared.store.rates import KEPT_SECONDS, Rates
from shared.store.store import Names
from tests.store.conftest import Requests

BUCKET = keys.rate("line", "2001234567")
NOW = 1_764_000_000 * SECOND


@pytest.fixture
def clock() -> list[int]:
    """The wall clock, to be moved on."""
    return [NOW]


@pytest.fixture
def rates(names: Names, clock: list[int]) -> Rates:
    return Rates(boto3.resource("dynamodb").Table(names.pending), lambda: clock[0])


def item(rates: Rates) -> dict[str, object]:
    return dict(rates._table.get_item(Key={"id": BUCKET})["Item"])


def test_the_first_call_is_made_at_once_and_the_next_after_its_share(rates: Rates) -> None:
    waits = [rates.take(BUCKET, 5, 10, 60) for _ in range(3)]

    assert waits == [0.0, 0.5, 1.0]


def test_a_call_costs_its_tokens(rates: Rates) -> None:
    assert [rates.take(BUCKET, n, 10, 60) for n in (1, 20, 4, 1)] == [0.0, 0.1, 2.1, 2.5]


def test_time_in_which_nobody_called_is_not_saved_up(rates: Rates, clock: list[int]) -> None:
    rates.take(BUCKET, 5, 10, 60)
    clock[0] += 100 * SECOND

    assert [rates.take(BUCKET, 5, 10, 60) for _ in range(2)] == [0.0, 0.5]


def test_who_could_not_wait_so_long_takes_nothing(rates: Rates) -> None:
    rates.take(BUCKET, 30, 10, 60)
    before = item(rates)

    assert rates.take(BUCKET, 1, 10, 2.999) is None
    assert item(rates) == before
    assert rates.take(BUCKET, 1, 10, 3.0) == 3.0


def test_who_cannot_wait_at_all_passes_only_where_it_is_free(
    rates: Rates, clock: list[int]
) -> None:
    assert rates.take(BUCKET, 10, 10, 0) == 0.0
    assert rates.take(BUCKET, 10, 10, 0) is None
    clock[0] += SECOND
    assert rates.take(BUCKET, 10, 10, 0) == 0.0


def test_two_accounts_do_not_wait_for_each_other(rates: Rates) -> None:
    rates.take(BUCKET, 100, 10, 60)

    assert rates.take(keys.rate("line", "2009999999"), 1, 10, 60) == 0.0
    assert rates.take(keys.rate("twilio", "2001234567"), 1, 10, 60) == 0.0


def test_two_of_our_accounts_that_share_one_at_the_provider_share_its_rate(rates: Rates) -> None:
    bunkyo, naha = (rate_limit_of(rates, "twilio", "AC1", lambda: 10.0) for _ in range(2))

    assert [bunkyo.reserve(2, 60), naha.reserve(2, 60), bunkyo.reserve(2, 60)] == [0.0, 0.2, 0.4]


def test_the_rate_is_asked_for_at_every_call(rates: Rates) -> None:
    told = iter([10.0, 100.0, 100.0])
    rate_limit = rate_limit_of(rates, "ses", "ses", lambda: next(told))

    assert [rate_limit.reserve(10, 60) for _ in range(3)] == [0.0, 1.0, 1.1]


def test_a_call_is_no_larger_than_a_second_of_the_rate() -> None:
    assert RateLimit(lambda *_: 0.0, lambda: 14.0).call_size(50) == 14


def test_a_clock_that_once_went_wrong_holds_nobody_back(rates: Rates, clock: list[int]) -> None:
    clock[0] += FURTHEST + 60 * SECOND
    rates.take(BUCKET, 1, 10, 60)
    clock[0] = NOW

    assert [rates.take(BUCKET, 1, 10, 60) for _ in range(2)] == [0.0, 0.1]


def test_the_key_tells_nothing_of_the_account_and_the_item_goes_by_itself(rates: Rates) -> None:
    rates.take(BUCKET, 1, 10, 60)

    assert "2001234567" not in BUCKET
    expires = NOW // SECOND + KEPT_SECONDS
    assert item(rates) == {"id": BUCKET, "free_at": NOW + 100_000, "expires": expires}


def test_a_call_under_way_costs_one_write(rates: Rates) -> None:
    rates.take(BUCKET, 1, 10, 60)
    requests = Requests()
    rates._table.meta.client.meta.events.register("before-call", requests.note)

    rates.take(BUCKET, 1, 10, 60)

    assert requests.count() == {"UpdateItem": 1}


@pytest.fixture
def meanwhile(rates: Rates) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Has something done just before the next write."""
    events, waiting = rates._table.meta.client.meta.events, []

    def note(**_: object) -> None:
        if waiting:
            waiting.pop()()

    events.register("before-call.dynamodb.UpdateItem", note)
    yield waiting.append
    events.unregister("before-call.dynamodb.UpdateItem", note)


@pytest.mark.parametrize("called_before", [False, True], ids=["a new account", "an idle one"])
def test_of_two_who_find_the_account_free_the_second_waits(
    rates: Rates,
    clock: list[int],
    meanwhile: Callable[[Callable[[], object]], None],
    names: Names,
    called_before: bool,
) -> None:
    other = Rates(boto3.resource("dynamodb").Table(names.pending), lambda: clock[0])
    if called_before:
        rates.take(BUCKET, 1, 10, 60)
        clock[0] += 9 * SECOND
    first: list[float | None] = []
    meanwhile(lambda: first.append(other.take(BUCKET, 5, 10, 60)))

    second = rates.take(BUCKET, 5, 10, 60)

    assert (first, second) == ([0.0], 0.5)


def test_an_error_that_is_no_conflict_is_raised(rates: Rates) -> None:
    rates._table = boto3.resource("dynamodb").Table("no-such-table")

    with pytest.raises(ClientError, match="ResourceNotFound"):
        rates.take(BUCKET, 1, 10, 60)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_table_gives_the_slots_of_the_rule(
    rates: Rates, clock: list[int], data: st.DataObject
) -> None:
    bucket = keys.rate("line", uuid4().hex)
    free_at = None
    for _ in range(data.draw(st.integers(1, 6))):
        clock[0] += data.draw(st.integers(0, 2 * SECOND))
        tokens, per_second = data.draw(st.integers(1, 20)), data.draw(st.floats(1, 50))
        slot = next_slot(free_at, clock[0], duration(tokens, per_second))
        assert rates.take(bucket, tokens, per_second, 900) == slot.wait(clock[0])
        free_at = slot.ends
