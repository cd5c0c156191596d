"""A page of the console: rendered, with the headers that keep it out of caches and other sites."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from functions.console import wording
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.console.roles import Role

STATIC = Path(__file__).parent / "static"
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

SECTIONS = (
    ("today", "/console/today", "今日", Role.VIEWER),
    ("au", "/console/au", "AU", Role.VIEWER),
    ("texts", "/console/texts", "文面", Role.VIEWER),
    ("subscribers", "/console/subscribers", "登録者", Role.EDITOR),
    ("accounts", "/console/accounts", "団体", Role.VIEWER),
    ("announcements", "/console/announcements", "臨時配信", Role.VIEWER),
    ("audit", "/console/audit", "記録", Role.VIEWER),
    ("mine", "/console/mine", "わたしたちの数字", Role.OFFICER),
)
"""The parts of the console: id, where, what it is called, and who sees it."""


def headers() -> dict[str, str]:
    """Nothing from elsewhere, and nothing within a page but what it was written with."""
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'; "
            "form-action 'self'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }


def page(template: str, ask: Ask | None, *, status: int = 200, **facts: Any) -> Page:  # noqa: ANN401 - each template has its own
    """A page for whoever asks, or for nobody who is signed in."""
    rendered = _templates().get_template(f"{template}.html.j2")
    return Response(
        status_code=status,
        content_type="text/html; charset=utf-8",
        body=rendered.render(ask=ask, office=resources().letterhead.office, **facts),
        headers=headers(),
    )


def message(ask: Ask | None, title: str, text: str, *, status: int = 200) -> Page:
    """A page that only says something."""
    return page("message", ask, status=status, title=title, text=text)


def see(path: str, **query: str) -> Page:
    """Go on elsewhere, by GET: a reload then repeats nothing."""
    return Response(
        status_code=303,
        content_type="text/html; charset=utf-8",
        body="",
        headers={**headers(), "Location": f"{path}?{urlencode(query)}" if query else path},
    )


def static(name: str) -> Page:
    """A file of the console, which never changes under its name."""
    found = _static().get(name)
    if found is None:
        return Response(status_code=404, content_type="text/plain", body="")
    kind, content = found
    cached = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(
        status_code=200,
        content_type=kind,
        body=content,
        headers={**cached, "X-Content-Type-Options": "nosniff"},
    )


@cache
def _static() -> dict[str, tuple[str, str]]:
    """Each file by its name with a hash of what it holds. The stylesheet begins with the tokens."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir()}
    files = {
        "console.css": texts["tokens.css"] + texts["console.css"],
        "console.js": texts["console.js"],
    }
    return {_hashed(name, text): (_KINDS[Path(name).suffix], text) for name, text in files.items()}


def _assets() -> dict[str, str]:
    """Where each file is, by its plain name."""
    return {
        f"{name.partition('.')[0]}{Path(name).suffix}": f"/console/static/{name}"
        for name in _static()
    }


def _hashed(name: str, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = Path(name)
    return f"{path.stem}.{digest}{path.suffix}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("functions.console"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        sections=SECTIONS,
        asset=_assets(),
        **wording.GLOBALS,
    )
    environment.filters.update(wording.FILTERS)
    return environment
