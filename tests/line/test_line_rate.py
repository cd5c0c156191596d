"""What a LINE call takes of its channel's rate."""

import pytest

from functions.line.line_api import Credentials, LineApi
from functions.line.rate import cost
from functions.line.sender import LineSender
from shared.letterhead import Letterhead
from tests.email.letters import frozen, letter, unhurried


@pytest.mark.parametrize(
    ("recipients", "per_second", "tokens"),
    [
        (1, 2_000, 1),  # a push: 2,000 a second are LINE's own limit
        (2, 2_000, 10),  # a multicast: LINE takes 200 a second, however small
        (10, 2_000, 10),
        (500, 2_000, 500),
        (2, 100, 2),
    ],
)
def test_a_call_costs_its_recipients_and_a_multicast_its_share_of_a_second(
    recipients: int, per_second: float, tokens: int
) -> None:
    assert cost(recipients, per_second) == tokens


def a_sender(per_second: float) -> LineSender:
    api = LineApi("http://127.0.0.1:1", Credentials("2001234567", "s"))
    head = Letterhead("きずな事務局", "office@kizuna.example.jp")
    return LineSender(api, account="文京区", letterhead=head, rate_limit=unhurried(per_second))


def test_a_call_and_its_repeat_take_the_same() -> None:
    sender = a_sender(2_000.0)
    letters = [letter(f"s{n}", f"U{n:032x}") for n in range(3)]

    (call,) = sender.calls(letters)

    assert call.cost == sender.repeat_cost(frozen(*letters)) == 10


@pytest.mark.parametrize(("per_second", "size"), [(30.0, 30), (2_000.0, 500)])
def test_a_multicast_has_no_more_recipients_than_the_rate_lets_pass_in_a_second(
    per_second: float, size: int
) -> None:
    assert a_sender(per_second).batch_size == size
