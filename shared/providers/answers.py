"""What providers answer, read strictly: an answer of another shape than documented is none."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class UnreadableAnswerError(Exception):
    """An answer does not have the shape that is documented. It is quoted nowhere: it may hold an
    address.
    """


class Shape(BaseModel):
    """What is read of an answer. Types are not converted; what is not named is passed over."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


S = TypeVar("S", bound=Shape)


def read(shape: type[S], body: bytes) -> S:
    """A JSON answer; UnreadableAnswerError, whatever else it is: no text, no JSON, too deep."""
    try:
        return shape.model_validate_json(body)
    except ValidationError:
        raise UnreadableAnswerError from None
