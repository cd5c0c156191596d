"""From the body of an SES call to the emails in it, or to AWS's refusal."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from local.standins.answers import Refused, json_answer
from local.standins.config import SesConfig
from local.standins.ses_email import (
    MAX_RECIPIENTS,
    Email,
    MissingVariable,
    Template,
    address_problem,
    bare_address,
    header_problem,
    is_verified,
    tag_problem,
    template_data,
)
from local.standins.ses_model import Check

MAX_ENTRIES = 50
"""https://docs.aws.amazon.com/ses/latest/dg/quotas.html: destinations of one bulk call."""
PROBLEMS_TOLD = 10

_STATUS = {
    "BadRequestException": 400,
    "MessageRejected": 400,
    "ThrottlingException": 400,
    "SerializationException": 400,
    "NotFoundException": 404,
    "TooManyRequestsException": 429,
    "LimitExceededException": 400,
    "MissingAuthenticationTokenException": 403,
    "UnrecognizedClientException": 403,
    "InternalServerError": 500,
}
"""Error codes of the SES v2 API and AWS's common errors, with their HTTP status."""


@dataclass(frozen=True, slots=True)
class EntryRefused:
    """One entry of a bulk call that fails while others may pass."""

    status: str
    error: str


def refused(code: str, message: str) -> Refused:
    """Return the refusal of a whole call, as AWS's rest-json errors are."""
    body = {"message": message}
    return Refused(json_answer(body, _STATUS[code], {"x-amzn-ErrorType": code}))


def _bad(message: str) -> Refused:
    return refused("BadRequestException", message)


def json_body(request: Request, check: Check) -> dict[str, Any]:
    """Return the body of a call that has the shape its operation asks for; raises Refused."""
    try:
        body = json.loads(request.get_data())
    except ValueError as error:
        raise refused("SerializationException", "The body is not JSON.") from error
    problems = list(check(body, "$"))
    if problems:
        count = f"{len(problems)} validation error{'s' * (len(problems) > 1)} detected: "
        raise _bad(count + "; ".join(problems[:PROBLEMS_TOLD]))
    return dict(body)


def check_sender(body: Mapping[str, Any], config: SesConfig) -> None:
    """Raise Refused when this account may not send from this address with this set."""
    sender = body.get("FromEmailAddress", "")
    for address in (sender, *body.get("ReplyToAddresses", ())):
        if problem := address_problem(address):
            raise _bad(f"{problem}.")
    if not is_verified(sender, config.verified_domains):
        raise refused(
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region"
            f" AP-NORTHEAST-1: {bare_address(sender)}",
        )
    name = body.get("ConfigurationSetName")
    if name and config.configuration_sets is not None and name not in config.configuration_sets:
        raise refused("NotFoundException", f"Configuration set <{name}> does not exist.")


def bulk_emails(body: Mapping[str, Any]) -> list[Email | EntryRefused]:
    """Return the emails of a bulk call, or why an entry fails alone; raises Refused."""
    entries: list[dict[str, Any]] = body["BulkEmailEntries"]
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise _bad(f"A bulk call has 1 to {MAX_ENTRIES} entries.")
    content = body["DefaultContent"].get("Template") or {}
    template = _template(content)
    common = (content.get("Headers") or [], body.get("DefaultEmailTags") or [])
    return [_bulk_email(entry, template, common) for entry in entries]


def single_email(body: Mapping[str, Any]) -> Email:
    """Return the email of a single call with simple or template content; raises Refused."""
    recipients = _recipients(body.get("Destination") or {})
    if problem := _problem_of(recipients):
        raise _bad(problem)
    content = body["Content"]
    simple, inline = content.get("Simple"), content.get("Template")
    if simple is None and inline is None:
        raise _bad("The stand-in takes Simple and Template content.")
    headers, tags = _headers_and_tags(
        (simple or inline).get("Headers") or [], body.get("EmailTags") or []
    )
    if simple is None:
        return _filled(_template(inline), {}, recipients, headers, tags)
    parts = simple["Body"]
    if not parts.get("Text") and not parts.get("Html"):
        raise _bad("The body has neither text nor HTML.")
    return Email(
        recipients=recipients,
        subject=_characters(simple["Subject"]),
        text=_characters(parts.get("Text") or {"Data": ""}),
        html=_characters(parts.get("Html") or {"Data": ""}),
        headers=headers,
        tags=tags,
    )


def _bulk_email(
    entry: Mapping[str, Any], template: Template, common: tuple[list[Any], list[Any]]
) -> Email | EntryRefused:
    recipients = _recipients(entry["Destination"])
    headers, tags = _headers_and_tags(
        [*common[0], *(entry.get("ReplacementHeaders") or [])],
        [*common[1], *(entry.get("ReplacementTags") or [])],
    )
    if problem := _problem_of(recipients):
        return EntryRefused("INVALID_PARAMETER", problem)
    replacement = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    data = template_data(replacement.get("ReplacementTemplateData") or "{}")
    if data is None:
        return EntryRefused("INVALID_PARAMETER", "ReplacementTemplateData is not a JSON object.")
    return _filled(template, data, recipients, headers, tags)


def _filled(
    template: Template,
    data: Mapping[str, Any],
    recipients: tuple[str, ...],
    headers: Mapping[str, str],
    tags: Mapping[str, str],
) -> Email:
    missing = subject = text = html = ""
    try:
        subject, text, html = template.fill(data)
    except MissingVariable as error:
        missing = str(error)
    return Email(
        recipients=recipients,
        subject=subject,
        text=text,
        html=html,
        headers=headers,
        tags=tags,
        missing=missing,
    )


def _characters(content: Mapping[str, str]) -> str:
    if not content["Data"].isascii() and not content.get("Charset"):
        raise _bad("Content that is not ASCII needs a Charset.")
    return content["Data"]


def _template(content: Mapping[str, Any]) -> Template:
    parts = content.get("TemplateContent")
    if parts is None:
        name = content.get("TemplateName") or content.get("TemplateArn")
        if name is None:
            raise _bad("DefaultContent has no template.")
        raise refused("NotFoundException", f"Template {name} does not exist.")
    defaults = template_data(content.get("TemplateData") or "{}")
    if defaults is None:
        raise _bad("TemplateData is not a JSON object.")
    template = Template(
        parts.get("Subject", ""), parts.get("Text", ""), parts.get("Html", ""), defaults
    )
    if problem := template.problem():
        raise _bad(problem)
    return template


def _recipients(destination: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    names = ("ToAddresses", "CcAddresses", "BccAddresses")
    return tuple(address for name in names for address in destination.get(name) or ())


def _problem_of(recipients: Sequence[str]) -> str:
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        return f"A message has 1 to {MAX_RECIPIENTS} recipients."
    return next(filter(None, map(address_problem, recipients)), "")


def _headers_and_tags(
    headers: Sequence[Mapping[str, str]], tags: Sequence[Mapping[str, str]]
) -> tuple[dict[str, str], dict[str, str]]:
    named = {header["Name"].lower(): header for header in headers}
    if problem := header_problem(tuple(named.values())) or tag_problem(tags):
        raise _bad(problem)
    return (
        {header["Name"]: header["Value"] for header in named.values()},
        {tag["Name"]: tag["Value"] for tag in tags},
    )
