"""The pages behind the links in messages: the whole text, and one action that stops everything."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from shared import changing
from shared.letterhead import Letterhead
from shared.links import BadLinkError, Links
from shared.rules.catalogue import COMMON_SERIES, Words, put_into_words, schedule_of
from shared.rules.subscriber import Subscriber, decide
from shared.secrets import platform_keys
from shared.settings import setting
from shared.store.ledger import Run
from shared.store.store import Store, names_from_environment, open_store

logger = Logger(service="register")
metrics = Metrics(namespace="Kizuna", service="register")
app = APIGatewayHttpResolver()

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGES = Environment(
    loader=PackageLoader("functions.register"),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
)


@dataclass(frozen=True, slots=True)
class World:
    """What the pages need, opened once for each process."""

    store: Store
    links: Links
    letterhead: Letterhead


@cache
def _world() -> World:
    links = Links(setting("PUBLIC_URL"), platform_keys("LINK_KEY"))
    return World(open_store(names_from_environment()), links, Letterhead.from_environment())


@app.get("/m/<token>")
def whole_text(token: str) -> Response[str]:
    """The whole text of a message, which an SMS only announced."""
    world = _world()
    subscriber_id, day, enrolment = world.links.read_text(token)
    subscriber = world.store.subscribers.get(subscriber_id)
    run = world.store.ledger.run(day, subscriber.account) if subscriber else None
    if subscriber is None or run is None:
        raise BadLinkError
    words = _words(world.store, run, subscriber, enrolment)
    stop = world.links.stop(subscriber_id)
    return _page("text", words=words, account=run.settings.name, stop=stop)


@app.get("/stop/<token>")
def ask(token: str) -> Response[str]:
    """The page with the one button; to open it changes nothing."""
    _world().links.read_stop(token)
    return _page("stop")


@app.post("/stop/<token>")
def stop(token: str) -> Response[str]:
    """Stop everything at once (also RFC 8058's one-click request); again does no harm."""
    world = _world()
    changing.stop(world.store, world.links.read_stop(token), datetime.now(UTC))
    metrics.add_metric("Stops", MetricUnit.Count, 1)
    return _page("stopped")


@app.exception_handler(BadLinkError)  # type: ignore[untyped-decorator]
def bad_link(_error: BadLinkError) -> Response[str]:
    """A link that is not ours, or was cut off: a calm page that tells nothing."""
    return _page("bad_link", status=404)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    metrics.add_metric("Pages", MetricUnit.Count, 1)
    return app.resolve(event, context)


def _words(store: Store, run: Run, subscriber: Subscriber, enrolment: str) -> Words:
    """The message about an enrolment as that day's run had it, with the texts of that day."""
    common = store.content.load(COMMON_SERIES, run.versions.get(COMMON_SERIES))
    own = store.content.load(run.account, run.versions.get(run.account))
    decision = decide(
        subscriber,
        [each.id for each in subscriber.enrolments],
        run.opened_at,
        settings=run.settings,
        schedule=schedule_of(common, own),
    )
    letter = next((each for each in decision.letters if enrolment in each.enrolments), None)
    if letter is None:
        raise BadLinkError
    return put_into_words(letter, common=common, own=own, account=run.settings.name)


def _page(name: str, *, status: int = 200, **facts: Any) -> Response[str]:  # noqa: ANN401
    body = _PAGES.get_template(f"{name}.html.j2").render(letterhead=_world().letterhead, **facts)
    return Response(
        status_code=status,
        content_type="text/html; charset=utf-8",
        body=body,
        headers=dict(_HEADERS),
    )
