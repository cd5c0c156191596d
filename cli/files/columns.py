"""Columns: the names by which a header may call them, ours and Japanese ones."""

import unicodedata
from collections.abc import Mapping, Sequence

JAPANESE: Mapping[str, str] = {
    # accounts
    "account": "アカウント",
    "name": "名称",
    "code": "団体コード",
    "kind": "種別",
    "delivery": "配信方式",
    "channels": "チャネル一覧",
    "send_at": "配信時刻",
    "quiet_from": "配信停止時刻",
    "quiet_to": "配信再開時刻",
    "end_of_delivery": "配信終了",
    "valid_from": "適用日",
    # subscribers
    "subscriber": "登録者",
    "channel": "チャネル",
    "address": "宛先",
    "touchpoint": "登録経路",
    "enrolment": "登録",
    "nickname": "ニックネーム",
    "due_date": "出産予定日",
    "birth_date": "生年月日",
    "birth_registered_at": "出産登録日時",
    "joined_at": "登録日時",
    "stopped_at": "停止日時",
    "stopped_by": "停止者",
    "returned_at": "再開日時",
    # content
    "series": "シリーズ",
    "phase": "時期",
    "day": "日数",
    "title": "題名",
    "text": "本文",
    "notice": "SMS本文",
    # births
    "fiscal_year": "年度",
    "births": "出生数",
    "source": "出典",
}
"""The Japanese name of each column, as `kizuna export --japanese` writes it."""


def column_named(name: str, columns: Sequence[str]) -> str | None:
    """Which of the columns is meant, whatever the case, width and blanks of the name; None where
    it is none of them.
    """
    meant = _bare(name)
    return next(
        (each for each in columns if meant in {_bare(each), _bare(JAPANESE.get(each, each))}), None
    )


def _bare(name: str) -> str:
    """A name without what people write differently."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(each for each in plain if not each.isspace() and each not in "_-")
