"""Consent: what a subscriber is shown and agrees to before anything is stored."""

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from shared.rules.subscriber import Consent, Language


def consent_text(language: Language, *, sender: str, office: str) -> str:
    """The whole text, with the account's and the office's names."""
    text: str = _wording()[language]["text"]
    return text.strip().format(sender=sender, office=office)


def consent_summary(language: Language) -> str:
    """It in one sentence, beside a link to the whole."""
    return str(_wording()[language]["summary"])


def given(language: Language, source: str, at: datetime) -> Consent:
    """The consent to the text as it is now, shown at `source` (web, line_chat, line_login)."""
    return Consent(at, str(_wording()["version"]), language, source)


@cache
def _wording() -> dict[str, Any]:
    return tomllib.loads(
        files("shared.subscribers").joinpath("wording/consent.toml").read_text("utf-8")
    )
