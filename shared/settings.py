"""Settings that the template gives a function as environment variables."""

import os


class MissingSettingError(RuntimeError):
    """A setting that the function cannot do without is not there."""


def setting(name: str) -> str:
    """The value of `name`; MissingSettingError names it where it is absent or empty."""
    value = os.environ.get(name)
    if not value:
        message = f"the environment variable {name} is not set; infra/template.yaml sets it"
        raise MissingSettingError(message)
    return value
