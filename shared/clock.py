"""The clock: real time, except on a platform whose ticks may be told what time it is."""

import os


def given_clock() -> bool:
    """Whether a tick may say what time it is (the template's parameter Clock is `given`): for the
    local platform and for rehearsals, never where real people are subscribed.
    """
    return os.environ.get("CLOCK") == "given"
