"""The staff console: pages behind a sign-in, rendered here, that work without script."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.console import (
    announcements,
    audit,
    external_figures,
    figures,
    mine,
    outlook,
    publishing,
    review,
    signing_in,
    subscribers,
    texts,
    texts_file,
    today,
)
from functions.console.accounts import section as accounts
from functions.console.app import app, guard
from functions.console.oidc import ProviderUnreachableError, SignInRefusedError
from functions.console.page import message, see
from functions.console.signing_in import safe_path
from functions.console.wording import REFUSALS
from shared.console.guard import ForgedError, NotAllowedError, NotSignedInError, Page
from shared.office.errors import NotDoneError
from shared.store.tables import BusyError, ConflictError
from shared.web.form import FormError

logger = Logger(service="console")
metrics = Metrics(namespace="Kizuna", service="console")

SECTIONS = (
    signing_in,
    today,
    audit,
    subscribers,
    announcements,
    external_figures,
    figures,
    outlook,
    review,
    mine,
    accounts,
    texts,
    texts_file,
    publishing,
)
"""Each has registered its routes with the guard."""

ROUTES = tuple(guard.routes)


@app.exception_handler(NotSignedInError)  # type: ignore[untyped-decorator]
def not_signed_in(error: NotSignedInError) -> Page:
    """To the sign-in, and from there to where they wanted to go."""
    return see("/console/login", next=safe_path(error.path))


@app.exception_handler(NotAllowedError)  # type: ignore[untyped-decorator]
def not_allowed(_error: NotAllowedError) -> Page:
    """Their role is not enough."""
    text = "この画面や操作には、別の権限が必要です。管理の担当者にご相談ください。"
    return message(None, "この操作はできません", text, status=403)


@app.exception_handler(ForgedError)  # type: ignore[untyped-decorator]
def forged(_error: ForgedError) -> Page:
    """The form was another session's, or none of ours."""
    text = "画面が古くなっています。開きなおして、もう一度お試しください。何も変わっていません。"
    return message(None, "もう一度お試しください", text, status=403)


@app.exception_handler(FormError)  # type: ignore[untyped-decorator]
def no_form(error: FormError) -> Page:
    """What was sent is no form of ours."""
    text = "送られた内容を読めませんでした。何も変わっていません。"
    return message(None, "受けとれませんでした", text, status=error.status)


@app.exception_handler(NotDoneError)  # type: ignore[untyped-decorator]
def not_done(error: NotDoneError) -> Page:
    """It was asked for rightly, but cannot be done now."""
    text = f"{REFUSALS[error.because]}何も変わっていません。（{error}）"
    return message(None, "できませんでした", text, status=409)


@app.exception_handler(SignInRefusedError)  # type: ignore[untyped-decorator]
def refused(_error: SignInRefusedError) -> Page:
    """The provider did not vouch for them, or they have no role here."""
    text = "サインインできませんでした。権限がないか、時間がたちすぎています。"
    return message(None, "サインインできません", text, status=403)


@app.exception_handler([BusyError, ConflictError, ProviderUnreachableError])  # type: ignore[untyped-decorator]
def busy(error: Exception) -> Page:
    """Another try will do."""
    logger.warning("busy: %s", type(error).__name__)
    text = "少し待ってから、もう一度お試しください。"
    return message(None, "ただいま混み合っています", text, status=503)


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def broken(error: Exception) -> Page:
    """The edge of one request: a page, and a count that staff see. Not what the error says: it may
    quote what was typed in.
    """
    logger.error("a page failed: %s", type(error).__name__)
    metrics.add_metric("ConsoleFailures", MetricUnit.Count, 1)
    return message(
        None, "画面を表示できません", "時間をおいて、もう一度お試しください。", status=500
    )


@app.not_found
def not_found(_error: Exception) -> Page:
    """No page of the console."""
    return message(None, "この画面はありません", "リンクをご確認ください。", status=404)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    metrics.add_metric("ConsolePages", MetricUnit.Count, 1)
    return app.resolve(event, context)
