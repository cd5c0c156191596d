"""Wording: instants, months and snapshots as Japanese reports write them."""

from datetime import datetime

from shared.rules.account import Channel
from shared.rules.au import Kind
from shared.rules.dates import JST
from shared.rules.months import Month
from shared.rules.snapshot import Snapshot

CHANNELS = {Channel.EMAIL: "メール", Channel.LINE: "LINE", Channel.SMS: "SMS"}

COUNTED = (
    "AU（アクティブユーザー数）は、配信中の登録が1つ以上ある読者の数です。"
    "妊娠期と育児期の両方の登録がある読者は、それぞれに1人、合計では1人と数えるため、"
    "合計は内訳の和と一致しないことがあります。"
    "メールとLINEのように、2つの宛先で登録した方は2人と数えます。"
)
SMALL_CELLS = (
    "5未満の数は「<5」と表示しています。「<5」の数が差引きで分かってしまう場合は、"
    "ほかの数も「…」として表示していません。"
)


def month_words(month: Month) -> str:
    """2026年11月"""
    return f"{month.year}年{month.month}月"


def year_words(fiscal_year: int) -> str:
    """2026年度"""
    return f"{fiscal_year}年度"


def instant_words(instant: datetime) -> str:
    """2026年11月25日 10:00"""
    local = instant.astimezone(JST)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def when_words(snapshot: Snapshot) -> str:
    """What the figures are of: 2026年11月末, or 2026年11月25日 10:00 時点"""
    if snapshot.kind is Kind.MONTH_END:
        return f"{month_words(snapshot.measure.month)}末"
    return f"{instant_words(snapshot.as_of)} 時点"


def period_words(snapshot: Snapshot) -> str:
    """The period of the balance sheet."""
    if snapshot.kind is Kind.MONTH_END:
        return f"{month_words(snapshot.measure.month)}の1か月"
    return f"{instant_words(snapshot.scope.since)} から {instant_words(snapshot.as_of)} まで"
