"""A page: rendered, with the headers that keep it out of caches, logs of others and search."""

from datetime import date, time
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from functions.register.forms import Problem
from functions.register.resources import resources
from functions.register.wording import day_words, say, time_words
from shared.rules.subscriber import Language

Page = Response[str]

_OTHER = {
    Language.JAPANESE: Language.ENGLISH,
    Language.ENGLISH: Language.JAPANESE,
}

HEADERS = {
    "Cache-Control": "no-store",
    # Browsers hold a redirect that follows a form to form-action too: joining leads on to LINE.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' https://access.line.me"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def page(
    template: str,
    language: Language = Language.JAPANESE,
    *,
    status: int = 200,
    problems: tuple[Problem, ...] = (),
    **facts: Any,  # noqa: ANN401 - each template has its own
) -> Page:
    """A page in a language; `problems` stand at its top and at their fields."""

    def words(phrase: str, /, **parts: object) -> str:
        return say(phrase, language, **parts)

    body = (
        _templates()
        .get_template(f"{template}.html.j2")
        .render(
            letterhead=resources().letterhead,
            language=language,
            other=_OTHER[language],
            t=words,
            day=partial(_day, language=language),
            hour=partial(_hour, language=language),
            problems={each.field: words(each.phrase, **each.parts) for each in problems},
            **facts,
        )
    )
    return Response(
        status_code=status,
        content_type="text/html; charset=utf-8",
        body=body,
        headers=dict(HEADERS),
    )


def message(
    key: str,
    language: Language = Language.JAPANESE,
    *,
    status: int = 200,
    link: str | None = None,
    **parts: object,
) -> Page:
    """A page that only says something: the title and text of a group of the wording, and where to
    go next.
    """
    return page("message", language, status=status, key=key, link=link, parts=parts)


def bad_link_page() -> Page:
    """A link that is not ours, or was cut off: a calm page that tells nothing, in both languages
    since nobody is known.
    """
    return page("bad_link", status=404, english=say("bad_link.text", Language.ENGLISH))


def not_here_page() -> Page:
    """A stop link of an address to which nothing goes any more: it stops nothing, and does not say
    whether they moved or were erased. In both languages, since nobody is known.
    """
    return page("not_here", english=say("not_here.text", Language.ENGLISH))


def new_router() -> APIGatewayHttpRouter:
    """The routes of one subject."""
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def see(url: str) -> Page:
    """Go on elsewhere, by GET: a reload then repeats nothing."""
    return Response(
        status_code=303,
        content_type="text/html; charset=utf-8",
        body="",
        headers={**HEADERS, "Location": url},
    )


def download(body: str, *, name: str) -> Page:
    """A JSON file to keep."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(
        status_code=200,
        content_type="application/json; charset=utf-8",
        body=body,
        headers={**HEADERS, **disposition},
    )


def _day(day: date, *, language: Language) -> str:
    return day_words(day, language)


def _hour(at: time, *, language: Language) -> str:
    return time_words(at, language)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("functions.register"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
