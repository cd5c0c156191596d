"""The page behind a link in a mail to staff: the office's report of a snapshot."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.au_report.html import bad_link, html
from functions.au_report.reports import Reports
from shared.secrets import platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import BadLinkError, Links

logger = Logger(service="au_report")
metrics = Metrics(namespace="Kizuna", service="au_report")
app = APIGatewayHttpResolver()

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Resources:
    """What the page needs, opened once for each process."""

    store: Store
    links: Links


@cache
def _resources() -> Resources:
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    return Resources(open_store(names_from_environment()), links)


@app.get("/au/<token>")
def report(token: str) -> Response[str]:
    """The office's report of the snapshot that the link names. Nothing is written."""
    resources = _resources()
    found = resources.store.snapshots.get(resources.links.read_snapshot(token, datetime.now(UTC)))
    if found is None:
        raise BadLinkError
    return _page(html(Reports(*found, resources.store).of_office()))


@app.exception_handler(BadLinkError)  # type: ignore[untyped-decorator]
def unreadable(_error: BadLinkError) -> Response[str]:
    """A link that is not ours, was cut off, or has run out: one calm page that tells nothing."""
    return _page(bad_link(), status=404)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    metrics.add_metric("Reports", MetricUnit.Count, 1)
    return app.resolve(event, context)


def _page(body: str, *, status: int = 200) -> Response[str]:
    return Response(
        status_code=status,
        content_type="text/html; charset=utf-8",
        body=body,
        headers=dict(_HEADERS),
    )
