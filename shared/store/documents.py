"""Documents: records as pydantic reads them, and what is said of one that it cannot."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class UnreadableError(Exception):
    """A record is not as it should be. The message names the record and the places that are
    wrong, never what stands in them: it may be a person's.
    """


def read(adapter: "TypeAdapter[T]", document: Any, name: str) -> T:  # noqa: ANN401 - as stored
    """The document as its type, or UnreadableError."""
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        places = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
        raise UnreadableError(f"{name} cannot be read: {', '.join(places)}") from None
