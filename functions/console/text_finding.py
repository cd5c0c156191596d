"""Which series and days there are, and what is wrong with a text, in words."""

from functions.console.page import message
from functions.console.resources import resources
from shared.console.guard import Ask, Page
from shared.rules.account import Delivery
from shared.rules.age import FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY
from shared.rules.catalogue import COMMON_SERIES
from shared.rules.dates import jst_date
from shared.rules.message import Due
from shared.rules.stage import Phase

SECTION = "/console/texts"
DAYS = {Phase.PREGNANCY: range(FIRST_PREGNANCY_DAY, LAST_PREGNANCY_DAY + 1)}
LAST_DAY = 6935
"""Some 19 years: beyond every 18th birthday."""


def series_names(ask: Ask) -> dict[str, str]:
    """The series by id: the common one, and those of the accounts that send by this platform."""
    today = jst_date(ask.now)
    own = {
        account.id: settings.name
        for account in resources().store.accounts
        if (settings := account.on(today)) and settings.delivery is Delivery.OWN
    }
    return {COMMON_SERIES: "共通", **own}


def nowhere(ask: Ask) -> Page:
    """No such series or day."""
    return message(ask, "この文面はありません", "リンクをご確認ください。", status=404)


def due_of(phase: str, day: str) -> Due | None:
    """A day that a text can have, or None."""
    if phase not in set(Phase) or not (day.isascii() and day.isdigit() and len(day) <= 4):
        return None
    found = Due(Phase(phase), int(day))
    return found if found.day in DAYS.get(found.phase, range(LAST_DAY + 1)) else None


def said(problem: ValueError) -> str:
    """What is wrong with a text, in Japanese where it is one of the usual."""
    where = {"title": "題名", "text": "本文", "notice": "SMSの文"}
    name, _, rest = str(problem).removeprefix("its ").partition(" ")
    what = where.get(name, "文")
    if rest == "is missing":
        return f"{what}を書いてください。"
    if "characters; at most" in rest:
        return f"{what}が長すぎます（{rest.partition('at most ')[2]}文字まで）。"
    if "UTF-16" in rest:
        return f"{what}が長すぎます。絵文字を減らすか、短くしてください。"
    if "is unknown" in rest:
        return (
            f"{what}に、使えない差し込みがあります。使えるのは {{child}} と {{account}} だけです。"
        )
    if "one line" in rest:
        return f"{what}は、1行で書いてください。"
    return f"{what}に、使えない文字（制御文字）があります。"
