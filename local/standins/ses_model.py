"""The shape of SES v2 requests, checked against the API model that botocore carries."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

Json: TypeAlias = Any
Check = Callable[[Json, str], Iterator[str]]
"""Takes a value and its path, and gives what is wrong with it in AWS's words."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "timestamp": (int, float, str),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


@cache
def request_checks() -> dict[str, Check]:
    """Return a check for the request of every SES v2 operation that is imitated."""
    model = ServiceModel(Loader().load_service_model("sesv2", "service-2"))
    operations = ("SendBulkEmail", "SendEmail")
    shapes = {name: model.operation_model(name).input_shape for name in operations}
    return {name: _check(shape) for name, shape in shapes.items() if shape}


def _check(shape: Shape) -> Check:
    of_type = _TYPES[shape.type_name]
    inside = _inside(shape)

    def check(value: Json, path: str) -> Iterator[str]:
        if not isinstance(value, of_type):
            yield f"Value at '{path}' failed to satisfy constraint: expected {shape.type_name}"
            return
        yield from inside(value, path)

    return check


def _inside(shape: Shape) -> Check:
    match shape:
        case StructureShape():
            return _structure(shape)
        case ListShape():
            return _list(shape)
        case MapShape():
            return _map(shape)
        case _:
            return _plain(shape)


def _plain(shape: Shape) -> Check:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    pattern = re.compile(shape.metadata["pattern"]) if "pattern" in shape.metadata else None
    allowed = frozenset(shape.metadata.get("enum", ()))

    def check(value: Json, path: str) -> Iterator[str]:
        size = len(value) if isinstance(value, str) else value
        says = f"Value at '{path}' failed to satisfy constraint: Member must"
        if least is not None and size < least:
            yield f"{says} have length greater than or equal to {least}"
        if most is not None and size > most:
            yield f"{says} have length less than or equal to {most}"
        if pattern and not pattern.fullmatch(value):
            yield f"{says} satisfy regular expression pattern: {pattern.pattern}"
        if allowed and value not in allowed:
            yield f"{says} satisfy enum value set: {sorted(allowed)}"

    return check


def _structure(shape: StructureShape) -> Check:
    members = {name: _check(member) for name, member in shape.members.items()}
    required = tuple(shape.required_members)

    def check(value: Json, path: str) -> Iterator[str]:
        for name in required:
            if value.get(name) is None:
                yield f"Value at '{path}.{name}' failed to satisfy constraint: must not be null"
        for name, member in value.items():
            if name not in members:
                # AWS ignores a member that it does not know; here a misspelt one is an error.
                yield f"Value at '{path}.{name}' is not a member of {shape.name}"
            elif member is not None:
                yield from members[name](member, f"{path}.{name}")

    return check


def _list(shape: ListShape) -> Check:
    each = _check(shape.member)

    def check(value: Json, path: str) -> Iterator[str]:
        for index, member in enumerate(value):
            yield from each(member, f"{path}.{index}")

    return check


def _map(shape: MapShape) -> Check:
    each = _check(shape.value)

    def check(value: Json, path: str) -> Iterator[str]:
        for name, member in value.items():
            yield from each(member, f"{path}.{name}")

    return check
