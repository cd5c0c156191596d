"""The parents' pages: joining, their own page, leaving, and the whole text of a message.

A link is a key: no page is kept or indexed, none tells another site where it came from, and
nothing of a request is logged. Pages work without script, and no GET changes anything.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.register import (
    children,
    confirm,
    family,
    join,
    leave,
    lost,
    preferences,
    stored,
    text,
)
from functions.register.accounts import EndedError, NotOpenError
from functions.register.forms import language_asked
from functions.register.own import OldLinkError
from functions.register.page import Page, bad_link_page, message, page
from functions.register.resources import resources
from shared.rules.touchpoint import WEB, link
from shared.store.tables import BusyError, ConflictError
from shared.subscribers.links import BadLinkError, OutdatedLinkError
from shared.web.form import FormError

logger = Logger(service="register")
metrics = Metrics(namespace="Kizuna", service="register")
app = APIGatewayHttpResolver()

for each in (join, family, confirm, lost, text, leave, stored, preferences, children):
    app.include_router(each.router)


@app.exception_handler(BadLinkError)  # type: ignore[untyped-decorator]
def bad_link(_error: BadLinkError) -> Page:
    """A link that is not ours, or was cut off: a calm page that tells nothing."""
    return bad_link_page()


@app.exception_handler(OutdatedLinkError)  # type: ignore[untyped-decorator]
def outdated_link(error: OutdatedLinkError) -> Page:
    """A link of before links carried the generation of an address: it opens nothing, and offers the
    one button that stops everything, unless the address has changed since.
    """
    subscriber = resources().store.subscribers.get(error.subscriber)
    if subscriber is None or subscriber.generation > 0:
        return bad_link_page()
    stop = resources().links.stop_of_before(subscriber.id)
    return page("outdated", subscriber.language, status=410, stop=stop)


@app.not_found
def not_found(_error: NotFoundError) -> Page:
    """A page that is none of ours."""
    return bad_link_page()


@app.exception_handler(OldLinkError)  # type: ignore[untyped-decorator]
def old_link(error: OldLinkError) -> Page:
    """The link to somebody's own page has run out: how to get a fresh one."""
    fresh = f"/lost/{error.account}?lang={error.language}"
    return message("old_link", error.language, status=410, link=fresh)


@app.exception_handler(NotOpenError)  # type: ignore[untyped-decorator]
def not_open(_error: NotOpenError) -> Page:
    """Nobody can join here."""
    return message("not_open", language_asked(app.current_event), status=404)


@app.exception_handler(EndedError)  # type: ignore[untyped-decorator]
def ended(error: EndedError) -> Page:
    """Nobody can join here any more; where to join instead, if anywhere."""
    language = language_asked(app.current_event)
    way = link("", error.successor, WEB) if error.successor else None
    return message("ended", language, status=410, link=way, account=error.name)


@app.exception_handler(FormError)  # type: ignore[untyped-decorator]
def no_form(error: FormError) -> Page:
    """What was sent is no form of ours; nothing was changed."""
    return message("no_form", language_asked(app.current_event), status=error.status)


@app.exception_handler([BusyError, ConflictError])  # type: ignore[untyped-decorator]
def busy(error: Exception) -> Page:
    """The record was being written all the time: another try will do."""
    logger.warning("busy: %s", type(error).__name__)
    return message("busy", language_asked(app.current_event), status=503)


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def broken(error: Exception) -> Page:
    """The edge of one request: a page for the parent, and a count that staff see."""
    # Not its text or traceback: either may hold what somebody typed in.
    logger.error("not answered: %s", type(error).__name__)
    metrics.add_metric("PagesFailed", MetricUnit.Count, 1)
    return message("busy", language_asked(app.current_event), status=500)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    metrics.add_metric("Pages", MetricUnit.Count, 1)
    return app.resolve(event, context)
