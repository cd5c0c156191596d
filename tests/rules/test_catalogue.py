"""Letters put into words: the office's text first, the account's after it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.catalogue import Words, carried, put_into_words, schedule_of, unknown_placeholders
from shared.rules.message import Due
from shared.rules.stage import Phase
from shared.rules.subscriber import Letter
from shared.rules.text import Text

DAY_100 = Due(Phase.CHILDCARE, 100)
WEEK_36 = Due(Phase.PREGNANCY, 252)

COMMON = {
    DAY_100: Text("100日", "{child}、100日目です。{account}", "100日のお話。{child}"),
    WEEK_36: Text("36週", "{child}の頭が下がるころです。", "{account}から36週のお話。"),
}
OWN = {
    DAY_100: Text("市のお祝い", "{account}の4か月健診に{child}といらしてください。", "健診のこと"),
    Due(Phase.CHILDCARE, 402): Text("{account}の絵本", "{child}に絵本を1冊。", "絵本の日。"),
}


def letter(due, *, child=None, about=None):
    return Letter("s-1", ("e1",), due, child, about)


def words(due, *, common=COMMON, own=OWN, **kwargs):
    return put_into_words(letter(due, **kwargs), common=common, own=own, account="文京区")


# Common part first, the account's after it.


def test_the_common_text_comes_first_and_the_accounts_after_it_in_its_name():
    assert words(DAY_100, child="はなちゃん") == Words(
        title="100日",
        parts=(
            "はなちゃん、100日目です。文京区",
            "（文京区より）\n文京区の4か月健診にはなちゃんといらしてください。",
        ),
        notice="100日のお話。はなちゃん",
    )


def test_without_a_text_of_the_account_there_is_the_common_part_alone():
    assert words(WEEK_36) == Words(
        "36週", ("赤ちゃんの頭が下がるころです。",), "文京区から36週のお話。"
    )


def test_an_accounts_text_on_a_day_that_the_common_series_lacks_is_a_message_of_its_own():
    assert words(Due(Phase.CHILDCARE, 402)) == Words(
        "文京区の絵本", ("お子さんに絵本を1冊。",), "絵本の日。"
    )


def test_a_day_without_any_text_cannot_be_put_into_words():
    with pytest.raises(KeyError, match="no text for childcare day 101"):
        words(Due(Phase.CHILDCARE, 101))


def test_the_same_day_of_the_other_phase_is_another_text():
    with pytest.raises(KeyError, match="no text for pregnancy day 100"):
        words(Due(Phase.PREGNANCY, 100))


# Whom it is about.


@pytest.mark.parametrize(
    ("due", "child", "first"),
    [
        (DAY_100, None, "お子さん、100日目です。文京区"),
        (DAY_100, "はなちゃんとそらくん", "はなちゃんとそらくん、100日目です。文京区"),
        (WEEK_36, None, "赤ちゃんの頭が下がるころです。"),
        (WEEK_36, "まめちゃん", "まめちゃんの頭が下がるころです。"),
    ],
)
def test_a_child_without_a_nickname_is_named_by_the_phase(due, child, first):
    assert words(due, child=child).parts[0] == first


def test_title_and_notice_of_a_parent_of_several_say_whom_they_are_about():
    found = words(DAY_100, child="はなちゃん", about="はなちゃんのこと")

    assert found.title.endswith("（はなちゃんのこと）")
    assert found.notice.startswith("はなちゃんのこと: ")
    assert found.parts[0] == "はなちゃん、100日目です。文京区"


@pytest.mark.parametrize("child", ["{account}", r"\1", r"\g<0>", "{child}", "{"])
def test_a_nickname_is_never_read_as_a_placeholder(child):
    assert words(WEEK_36, child=child).parts == (f"{child}の頭が下がるころです。",)


# Placeholders.


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("{child}と{account}", []),
        ("placeholderのない文", []),
        ("{name}さん", ["{name}"]),
        ("{Child}", ["{Child}"]),
        ("{ child }", ["{ child }"]),
        ("{}", ["{}"]),
        ("｛child｝", []),
        ("{child", ["{"]),
        ("child}", ["}"]),
        ("{{child}}", ["{", "}"]),
        ("{a}と{b}と{child}", ["{a}", "{b}"]),
        ("{name}と}", ["{name}", "}"]),
        ("{na\nme}", ["{na\nme}"]),
        ("}{", ["}", "{"]),
    ],
)
def test_what_nothing_can_fill_is_told_as_it_stands(text, unknown):
    assert unknown_placeholders(text) == unknown


@given(st.text(alphabet="{}ab子", max_size=12))
def test_a_text_with_braces_is_clean_only_if_every_brace_is_a_placeholders(text):
    known = text.replace("{child}", "").replace("{account}", "")

    assert bool(unknown_placeholders(text)) == ("{" in known or "}" in known)


@given(
    st.lists(st.sampled_from(["{child}", "{account}", "文", "。", "\n"])).map("".join),
    st.sampled_from([DAY_100, WEEK_36]),
)
def test_a_clean_text_leaves_no_brace_to_the_reader(text, due):
    common = {due: Text(text, text, text)}

    made = words(due, common=common, own={}, child="はなちゃん")

    expected = text.replace("{child}", "はなちゃん").replace("{account}", "文京区")
    assert made == Words(expected, (expected,), expected)
    assert unknown_placeholders(text) == []


# The schedule is the set of days that have a text: nothing more.


def test_the_schedule_is_the_days_that_have_a_text_in_any_series():
    assert schedule_of(COMMON, OWN) == {
        (Phase.CHILDCARE, 100),
        (Phase.PREGNANCY, 252),
        (Phase.CHILDCARE, 402),
    }
    assert schedule_of() == frozenset()


# What changes between two versions, carried to a third.

CATALOGUES = st.dictionaries(
    st.builds(Due, st.just(Phase.CHILDCARE), st.integers(0, 3)),
    st.builds(Text, st.sampled_from("いろ"), st.just("本文"), st.just("知")),
)


@given(CATALOGUES, CATALOGUES)
def test_carried_to_where_it_came_from_a_change_is_the_change(before, after):
    assert carried(before, after, before) == after


@given(CATALOGUES, CATALOGUES)
def test_where_nothing_changes_nothing_is_carried(before, onto):
    assert carried(before, before, onto) == onto


@given(CATALOGUES, CATALOGUES, CATALOGUES)
def test_each_day_says_what_it_said_or_what_was_carried(before, after, onto):
    found = carried(before, after, onto)
    for due in {*before, *after, *onto, *found}:
        theirs = onto.get(due) != before.get(due)
        assert found.get(due) == (onto if theirs else after).get(due)
