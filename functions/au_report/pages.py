"""The reports of snapshots: the office's behind a link in a mail to staff, and for those who are
signed in to the console all that their role may see.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.au_report.files import (
    OFFICE,
    STAFF,
    files_of,
    files_of_office,
    parts,
    stem,
    zipped,
)
from functions.au_report.html import bad_link, html
from functions.au_report.report import Audience
from functions.au_report.reports import Reports
from shared.console.guard import Ask, Guard, NotAllowedError, NotSignedInError
from shared.console.roles import Role
from shared.rules.snapshot import Snapshot
from shared.secrets import platform_keys
from shared.settings import setting
from shared.store.store import Store, names_from_environment, open_store
from shared.subscribers.links import BadLinkError, Links

logger = Logger(service="au_report")
metrics = Metrics(namespace="Kizuna", service="au_report")
app = APIGatewayHttpResolver()

_KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
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


guard = Guard(app, lambda: _resources().store.sessions)


@app.get("/au/<token>")
def report(token: str) -> Response[str]:
    """The office's report of the snapshot that the link names. Nothing is written."""
    resources = _resources()
    found = resources.store.snapshots.get(resources.links.read_snapshot(token, datetime.now(UTC)))
    if found is None:
        raise BadLinkError
    return _page(html(Reports(*found, resources.store).of_office()))


@guard.get("/reports/<snapshot>/<file>", needs=None)
def signed_in(ask: Ask, snapshot: str, file: str) -> Response[Any]:
    """A report of a snapshot as a file. The office's staff may have each; an officer that of their
    own account, in the form that leaves the office, once it was shared.
    """
    found = _resources().store.snapshots.get(snapshot)
    if found is None:
        raise BadLinkError
    name, _, kind = file.rpartition(".")
    own = ask.session.role is Role.OFFICER
    if own and (name != ask.session.account or found[1].shared_by is None):
        raise NotAllowedError
    made = _made(found[0], Reports(*found, _resources().store), name, kind)
    if kind == "html":
        return _page(made.decode())
    headers = {"Content-Disposition": f'attachment; filename="{snapshot}-{file}"'}
    return Response(
        status_code=200,
        content_type=_KINDS[kind],
        body=made,
        headers={**_HEADERS, **headers},
    )


def _made(snapshot: Snapshot, reports: Reports, name: str, kind: str) -> bytes:
    """A file of a snapshot by its name; BadLinkError where it has none such."""
    if kind == "zip":
        number = name.removeprefix("accounts-")
        there = parts(snapshot)
        if not number.isdigit() or int(number) not in range(1, len(there) + 1):
            raise BadLinkError
        return zipped(files_of(reports, snapshot, there[int(number) - 1], Audience.ACCOUNT))
    files = files_of_office(reports, snapshot)
    if name != OFFICE:
        audience = Audience.OFFICE if name.endswith(STAFF) else Audience.ACCOUNT
        names = {stem(each, audience): each for each in snapshot.scope.accounts}
        if name not in names:
            raise BadLinkError
        files = files_of(reports, snapshot, [names[name]], audience)
    found = [each.content for each in files if each.name.endswith(f".{kind}")]
    if not found:
        raise BadLinkError
    return found[0]


@app.exception_handler(NotSignedInError)  # type: ignore[untyped-decorator]
def not_signed_in(_error: NotSignedInError) -> Response[str]:
    """To the sign-in of the console."""
    return Response(
        status_code=303,
        content_type="text/html; charset=utf-8",
        body="",
        headers={**_HEADERS, "Location": "/console"},
    )


@app.exception_handler(NotAllowedError)  # type: ignore[untyped-decorator]
def not_allowed(_error: NotAllowedError) -> Response[str]:
    """Another account's, or one of the office's: it is not said which."""
    return _page(bad_link(), status=403)


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
