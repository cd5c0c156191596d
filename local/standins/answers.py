"""How a stand-in answers: JSON in the provider's words, or a refusal."""

import json
from collections.abc import Mapping

from werkzeug.wrappers import Response

JSON = "application/json"


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return `body` as a JSON answer of `status`."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers, mimetype=JSON)


class Refused(Exception):  # noqa: N818 - it is a refusal by the provider, not a fault of ours
    """The provider refuses the call; `response` is what it answers."""

    def __init__(self, response: Response) -> None:
        """Carry the answer to the place where requests are answered."""
        super().__init__(response.status)
        self.response = response
