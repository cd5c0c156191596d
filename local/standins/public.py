"""The public address of the product, so that links in messages open: whatever is no stand-in's
own path is passed on to its HTTP API, as a custom domain does on AWS.
"""

import urllib3
from werkzeug.wrappers import Request, Response

from local.standins.answers import json_answer

_HTTP = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=30), retries=False)
_PASSED_ON = ("Content-Type", "Cookie", "X-Fragment", "X-Twilio-Signature", "X-Line-Signature")
_PASSED_BACK = (
    "Content-Type",
    "Content-Disposition",
    "Cache-Control",
    "Content-Security-Policy",
    "Location",
    "Referrer-Policy",
    "Set-Cookie",
)


def answer(api: str | None, request: Request) -> Response:
    """Answer as the HTTP API at the base URL `api` does; 404 where there is none."""
    if api is None:
        return json_answer({"message": "Not Found"}, 404)
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    try:
        found = _HTTP.request(
            request.method,
            f"{api}{request.path}{query}",
            body=request.get_data(),
            headers=headers,
            redirect=False,
        )
    except urllib3.exceptions.HTTPError:
        return json_answer({"message": "Service Unavailable"}, 503)
    passed_back = {name: found.headers[name] for name in _PASSED_BACK if name in found.headers}
    return Response(found.data, found.status, passed_back)
