"""docs/feedback.md shows the very table that the rules have, and the words that stop."""

from pathlib import Path

from functions.email.feedback import BOUNCE_SUBTYPES
from functions.sms.status import STOP_WORDS
from shared.rules import failures, guard
from shared.rules.feedback import TRANSITIONS, Effect, State, Told

PAGE = (Path(__file__).parents[2] / "docs" / "feedback.md").read_text(encoding="utf-8")


def cell(state: State, told: Told) -> str:
    step = TRANSITIONS[state][told]
    name = "·" if step.state is state else step.state.value
    return name if step.effect is Effect.NONE else f"{name} ({step.effect})"


def rows() -> list[str]:
    return [
        f"| {' | '.join([state.value, *(cell(state, told) for told in Told)])} |" for state in State
    ]


def test_the_table_of_the_page_is_that_of_the_rules():
    head = f"| | {' | '.join(Told)} |"
    shown = PAGE[PAGE.index(head) :].split("\n\n", 1)[0].splitlines()

    assert shown[2:] == rows()


def test_every_effect_and_every_word_that_stops_is_told():
    for effect in set(Effect) - {Effect.NONE}:
        assert f"| {effect} |" in PAGE
    for word in STOP_WORDS:
        assert word.upper() in PAGE
    for subtype in BOUNCE_SUBTYPES:
        assert subtype in PAGE


def test_the_figures_of_the_page_are_those_of_the_rules():
    assert failures.FAILURES_THAT_SUSPEND == 5
    assert "the fifth day" in PAGE
    assert f"at least {failures.LEAST_FAILED_OF_AN_OUTAGE} messages" in PAGE
    assert f"at least {failures.OUTAGE_PERCENT}%" in PAGE
    assert f"last {guard.WINDOW_DAYS} days, at least {guard.LEAST_ACCEPTED} accepted" in PAGE
    bounces, complaints = (
        (guard.BOUNCES_WARN, guard.BOUNCES_PAUSE),
        (guard.COMPLAINTS_WARN, guard.COMPLAINTS_PAUSE),
    )
    assert f"| bounced for good | {' | '.join(f'{float(x):.0%}' for x in bounces)} |" in PAGE
    least = f"{guard.LEAST_ACCEPTED_FOR_COMPLAINTS:,}"
    shown = " | ".join(f"{float(x):.1%}" for x in complaints)
    assert f"| complained (of at least {least} mails) | {shown} |" in PAGE
