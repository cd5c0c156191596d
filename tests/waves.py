"""Waves as tests write them: of batches that they made up."""

import pytest

from shared.delivery import turn
from shared.rules.outcomes import Batch, Wave
from shared.store.waves import wave_of


def wave(*batches: Batch) -> Wave:
    """The wave of these batches, named as they are."""
    return Wave(wave_of(batches[0].id), batches)


def calls_a_wave(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Have a wave make so many calls at the most, so that a few readers make several waves."""
    monkeypatch.setattr(turn, "MOST_CALLS", number)
