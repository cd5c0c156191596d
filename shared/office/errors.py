"""What the office asks for that cannot be done."""


class NotDoneError(Exception):
    """The line that says why, for whoever asked, at whatever door. Nothing was changed."""


class MisaskedError(NotDoneError):
    """What was asked for can never be: another request is needed, not another moment."""
