"""What goes wrong in a command: one clear line, and the exit status that goes with it."""


class KizunaError(Exception):
    """The line to show. Nothing was half done."""

    status = 1


class FailedError(KizunaError):
    """The call was right, but the work failed."""


class CallError(KizunaError):
    """The call itself was wrong."""

    status = 2
