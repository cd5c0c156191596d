"""What the console calls things: channels, states, outcomes and reasons, dates and figures."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from shared.console.roles import Role
from shared.office.errors import Because
from shared.rules.account import Channel
from shared.rules.dates import JST
from shared.rules.message import Due
from shared.rules.stage import Phase, Reason

CHANNELS: Mapping[str, str] = {Channel.EMAIL: "メール", Channel.LINE: "LINE", Channel.SMS: "SMS"}

ROLES: Mapping[str, str] = {
    Role.OFFICER: "団体の担当者",
    Role.VIEWER: "閲覧",
    Role.EDITOR: "編集",
    Role.REVIEWER: "確認",
    Role.ADMIN: "管理",
}

REFUSALS: Mapping[Because, str] = {
    Because.STATE: "いまの状態では、できません。画面を開きなおして、状態をご確認ください。",
    Because.UNKNOWN: "選ばれたものが見つかりません。一覧から選びなおしてください。",
    Because.CHANGED: "ほかの人が、同じときに変えました。新しい画面を見て、もう一度お試しください。",
    Because.ANOTHER_PERSON: "頼んだ人や書いた人とは、別の人が行います。",
    Because.ALREADY: "もう、そのようになっています。画面を開きなおしてください。",
    Because.OVER: "その日時は過ぎているか、もう終わっています。",
    Because.HOURS: (
        "いまは送れない時間です。団体の配信時刻から、夜の静かな時間の前までにお試しください。"
    ),
    Because.BOUNCES: (
        "宛先のない人が多いため、自動で止めています。原因を確かめ、メールの「再開する」で再開します。"
    ),
    Because.TAKEN: "同じ名前かIDのものが、すでにあります。別のものにしてください。",
    Because.CREDENTIALS: "接続情報がないか、そろっていません。団体の「接続情報」をご確認ください。",
    Because.INPUT: "書かれた内容や選ばれたものでは、できません。",
}
"""Why something cannot be done, by its kind."""

STATES: Mapping[str, str] = {
    "open": "配信中",
    "closed": "完了",
    "paused": "一時停止中",
    "cancelled": "取り消し",
}

OUTCOMES: Mapping[str, str] = {
    "planned": "予定",
    "accepted": "送信",
    "refused": "拒否",
    "gone": "宛先なし",
    "unknown": "不明",
    "expired": "時間切れ",
    "silent": "なし",
}

REASONS: Mapping[str, str] = {
    Reason.NOT_YET: "まだ妊娠4週0日の前、または生まれる前です",
    Reason.AWAITING_BIRTH: "妊娠42週をすぎ、出産の登録を待っています",
    Reason.GRADUATED: "お届けする期間が終わりました",
    Reason.NOT_JOINED: "その日は、まだ登録の前です",
    Reason.STOPPED: "ご本人が止めています",
    Reason.SUSPENDED: "届かなかったため、システムが止めています",
    Reason.EXTERNAL: "その団体は、別のシステムから送っています",
    Reason.ACCOUNT_ENDED: "その団体の配信は終わっています",
    Reason.CHANNEL_NOT_OFFERED: "その団体は、この届け方を使っていません",
    Reason.NO_MESSAGE_TODAY: "その日の文面はありません",
    Reason.SENT_WITH_TWIN: "ふたごの分として、1通でお届けしました",
    Reason.ALREADY_SENT_TODAY: "移る前に、その日の分が届いています",
    Reason.NO_RECORD: "登録がないか、読めません",
    Reason.MOVED: "ほかの団体や届け方に移っています",
    Reason.CANCELLED: "職員がその日の配信を取り消しました",
}

_WEEKDAYS = "月火水木金土日"
_WEEKS = re.compile(r"(-?\d+)w(\d)d")
_AGE = re.compile(r"(\d+)y(\d+)m(\d+)d")


def day(value: date | str) -> str:
    """`2026年11月28日(土)`."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.year}年{found.month}月{found.day}日({_WEEKDAYS[found.weekday()]})"


def moment(value: datetime | str | None) -> str:
    """`11月28日 16:05`, in Japan."""
    if value is None:
        return ""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    at = found.astimezone(JST)
    return f"{at.month}月{at.day}日 {at:%H:%M}"


def whole_moment(value: datetime) -> str:
    """`2026年11月28日(土) 16:05`, in Japan."""
    at = value.astimezone(JST)
    return f"{day(at.date())} {at:%H:%M}"


def stage(label: str) -> str:
    """`32w0d` as `妊娠32週0日`, `1y3m0d` as `1歳3か月0日`."""
    if match := _WEEKS.fullmatch(label):
        return f"妊娠{match[1]}週{match[2]}日"
    if match := _AGE.fullmatch(label):
        return f"{match[1]}歳{match[2]}か月{match[3]}日"
    return label


def due_words(due: Due) -> str:
    """`妊娠32週0日`, `生後100日`."""
    if due.phase is Phase.PREGNANCY:
        return f"妊娠{due.day // 7}週{due.day % 7}日"
    return f"生後{due.day}日"


def figure(value: float) -> str:
    """`1,234`."""
    return f"{value:,}"


def share(value: float) -> str:
    """`12.3%`."""
    return f"{value:.1%}"


GLOBALS: Mapping[str, Any] = {
    "channel_names": CHANNELS,
    "role_names": ROLES,
    "state_names": STATES,
    "outcome_names": OUTCOMES,
    "reason_names": REASONS,
}

FILTERS: Mapping[str, Callable[..., str]] = {
    "day": day,
    "moment": moment,
    "whole_moment": whole_moment,
    "stage": stage,
    "due_words": due_words,
    "figure": figure,
    "share": share,
}
