"""What the console calls the settings of accounts, and what would be right where they are wrong."""

from collections.abc import Iterator, Mapping
from datetime import date

from functions.console.wording import CHANNELS, day
from shared.office.account.credentials import Kind
from shared.office.account.ending import WhyNot
from shared.office.account.trying import Tried
from shared.office.texts import LONGEST_NOTICE, LONGEST_TEXT, LONGEST_TITLE
from shared.rules.account import Account, AccountKind, Delivery, Settings
from shared.rules.ending import until_words

DELIVERIES: Mapping[str, str] = {
    Delivery.OWN: "このシステム",
    Delivery.EXTERNAL: "別のシステム",
    Delivery.ENDED: "終了",
}

KINDS: Mapping[str, str] = {AccountKind.MUNICIPALITY: "市区町村", AccountKind.OTHER: "その他"}

FIELDS: Mapping[str, str] = {
    "name": "名称",
    "code": "団体コード",
    "kind": "種別",
    "delivery": "配信",
    "channels": "届け方",
    "send_at": "配信時刻",
    "quiet": "配信しない時間",
    "end_of_delivery": "配信の終わり",
}

RULES: Mapping[str, str] = {
    "account": "IDは、英小文字・数字・ハイフンで、2文字から40文字までにしてください"
    "（commonは使えません）。",
    "name": "名称は、100文字までの文字と数字で書いてください（リンクや記号は使えません）。",
    "code": "団体コードは、検査数字まで入れて6けたで、ほかの団体と重ならないものにしてください。"
    "市区町村には必要で、その他の団体には書きません。",
    "kind": "種別をえらんでください。",
    "delivery": "配信を、このシステムか別のシステムからえらんでください。",
    "channels": "届け方を、ひとつ以上えらんでください。",
    "send_at": "配信時刻は、6:00から21:00までの15分きざみで、配信しない時間の外にしてください。",
    "quiet_from": "配信しない時間のはじめは、21:00 のように書いてください。",
    "quiet_to": "配信しない時間の終わりは、06:00 のように、はじめとちがう時刻にしてください。",
    "end_of_delivery": "配信の終わりは、1歳から18歳までの誕生日か、"
    "小学1年から高校3年（1から12）までの学年にしてください。",
}
"""For each column what would be right, whatever is wrong with it."""

CREDENTIALS: Mapping[Kind, str] = {
    Kind.LINE: "LINE公式アカウント（Messaging API）",
    Kind.LINE_LOGIN: "LINEログイン",
    Kind.SMS: "SMS（Twilio）",
}

PARTS: Mapping[str, tuple[str, str]] = {
    "channel_id": ("チャネルID", "数字10けたです。"),
    "channel_secret": ("チャネルシークレット", "英数字32文字です。"),
    "account_sid": ("アカウントSID", "ACではじまる34文字です。"),
    "auth_token": ("Auth Token", "英数字32文字です。"),
    "sender": ("送信元", "+81… の番号か、11文字までの英数字です。"),
}
"""Each part of credentials: what it is called, and what it looks like."""

TRIED: Mapping[Tried, str] = {
    Tried.GOOD: "この接続情報で、つながりました。",
    Tried.REFUSED: "相手のサービスが、この接続情報を受け付けません。入れなおしてください。",
    Tried.INACTIVE: "接続情報は正しいのですが、相手のサービスでアカウントが止められています。",
    Tried.NO_ANSWER: "相手のサービスから返事がありません。少し待ってから、もう一度お試しください。",
}

CANNOT_END: Mapping[WhyNot, str] = {
    WhyNot.OWN_SUCCESSOR: "あとをつぐ団体は、ほかの団体にしてください。",
    WhyNot.NO_SETTINGS: "最後の日は、設定がはじまった日より後にしてください。",
    WhyNot.ENDED: "この団体は、その日までにもう終わっています。",
    WhyNot.PASSED: "最後の日は、今日か、これからの日にしてください。",
    WhyNot.COUNTED: "その日より後のAUをもう数えました。最後の日は、数えた日より後にしてください。",
    WhyNot.FAREWELL_ELSEWHERE: "別のシステムから送っている団体には、お別れの文を書けません。",
    WhyNot.FAREWELL_TOO_LATE: "その日の配信はもう始まっています。最後の日を次の日にするか、"
    "お別れの文を消してください。",
}

FAREWELL = (
    f"お別れの文は、題名{LONGEST_TITLE}文字、本文{LONGEST_TEXT:,}文字、SMS{LONGEST_NOTICE}文字"
    "までで、{child}と{account}のほかの差し込みは使えません。題名と本文の両方が必要です。"
)

PROBLEM_OF_DAY = "日付は 2027-04-01 のように書いてください。"


def after(last: date | None) -> str:
    """What would be right for the day from which settings hold."""
    later = f"で、{day(last)}より後の日" if last else ""
    return f"適用日は、2027-04-01 のような日付{later}にしてください。"


def said(settings: Settings) -> dict[str, str]:
    """Settings in words, by field."""
    ours = settings.delivery is Delivery.OWN
    channels = [name for id_, name in CHANNELS.items() if id_ in settings.channels]
    quiet = f"{settings.quiet_from:%H:%M}から{settings.quiet_to:%H:%M}"
    return {
        "name": settings.name,
        "code": settings.code or "なし",
        "kind": KINDS[settings.kind],
        "delivery": DELIVERIES[settings.delivery],
        "channels": "・".join(channels) or "なし",
        "send_at": f"{settings.send_at:%H:%M}" if ours else "-",
        "quiet": quiet if ours else "-",
        "end_of_delivery": f"{until_words(settings.end_of_delivery)}まで",
    }


def differences(old: Settings, new: Settings) -> list[tuple[str, str, str]]:
    """What differs: the field, as it was, and as it is then."""
    before, then = said(old), said(new)
    return [(FIELDS[f], before[f], then[f]) for f in FIELDS if before[f] != then[f]]


def coming(account: Account, today: date) -> Iterator[tuple[date, str]]:
    """What changes, and from which day on."""
    now = account.on(today)
    for each in sorted(account.settings, key=lambda each: each.valid_from):
        if each.valid_from <= today:
            continue
        if now is None:
            yield each.valid_from, "はじまります"
        elif each.delivery is Delivery.ENDED:
            yield each.valid_from, "終了します"
        else:
            words = [f"{field} {old}→{new}" for field, old, new in differences(now, each)]
            yield each.valid_from, "、".join(words) or "同じ設定"
        now = each
