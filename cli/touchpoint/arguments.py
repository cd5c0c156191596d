"""Arguments that name an account and one of its touchpoints."""

from typing import Annotated

import typer

from shared.rules.touchpoint import ID_RULE, is_touchpoint_id


def parse_touchpoint(text: str) -> str:
    """The id of a touchpoint, as it stands in a link."""
    if not is_touchpoint_id(text):
        raise typer.BadParameter(f"{text!r} {ID_RULE}")
    return text


AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose touchpoint.")]
TouchpointArgument = Annotated[
    str,
    typer.Argument(
        parser=parse_touchpoint,
        metavar="TOUCHPOINT",
        help="Its id, as the link has it: boshi-techo.",
    ),
]
