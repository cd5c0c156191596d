"""Every fault of every sort of call that a day makes: none lost, none twice.

Each single call is tried by `make faults`; docs/reliability.md has its figures.
"""

import pytest

from tests.faults.cases import Figures, Trial

FUNCTIONS = ("dispatch", "EmailQueue", "LineQueue", "SmsQueue", "email-feedback", "sms-status")
ONLY = {
    "LineQueue": {"token", "multicast", "push", "TransactWriteItems", "UpdateItem"},
    "SmsQueue": {"create", "TransactWriteItems", "UpdateItem"},
}
"""What the channels share is tried with mails."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whatever_fails_once_nothing_is_lost_and_nothing_comes_twice(
    trial: Trial, function: str
) -> None:
    cases = trial.sample(function, ONLY.get(function))

    assert sum(map(trial.run, cases), Figures()) == Figures(cases=len(cases))
    assert {point.function for ((point, _),) in cases} == {function}


def test_every_lambda_of_the_day_is_among_them(trial: Trial) -> None:
    assert {point.function for point in trial.points} == set(FUNCTIONS)
