"""Languages, texts and formats."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core import i18n
from lti_tool.core.i18n import Language, Preferences, speaking
from lti_tool.core.i18n.catalogue import read

NOW = datetime(2026, 11, 17, 2, 30, tzinfo=UTC)  # a Tuesday, 10:30 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(params=list(Language))
def language(request: pytest.FixtureRequest) -> Iterator[Language]:
    with speaking(request.param):
        yield request.param


def says(language: Language, zh: str, en: str) -> str:
    return zh if language is Language.zh else en


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("zh-CN", Language.zh),
        ("zh_TW", Language.zh),
        ("zh-Hans", Language.zh),
        ("en-GB", Language.en),
        ("EN", Language.en),
        ("de", None),
        ("", None),
        (None, None),
    ],
)
def test_language_of_a_tag(tag: str | None, expected: Language | None) -> None:
    assert Language.of(tag) is expected


def test_language_is_chinese_outside_a_request() -> None:
    assert i18n.current_language() is Language.zh


@pytest.mark.parametrize(
    ("wishes", "accepted", "expected"),
    [
        (Preferences(language="en", launch_locale="zh-CN"), "zh-CN", Language.en),
        (Preferences(launch_locale="en_US"), "zh-CN", Language.en),
        (Preferences(launch_locale="fr"), "en", Language.en),
        (Preferences(), "de, en;q=0.5", Language.en),
        (Preferences(), "de", Language.zh),
        (Preferences(), "", Language.zh),
    ],
)
def test_language_order_is_choice_then_launch_then_browser(
    wishes: Preferences, accepted: str, expected: Language
) -> None:
    app = Flask("test")
    i18n.install(app, lambda: wishes)
    with app.test_request_context(headers={"Accept-Language": accepted}):
        assert i18n.current_language() is expected


@pytest.mark.parametrize(
    ("wishes", "place", "expected"),
    [
        (Preferences(scheme="dark", is_framed=True), "iframe", "dark"),
        (Preferences(), "iframe", "light"),
        (Preferences(is_framed=True), None, "light"),
        (Preferences(is_framed=True), "document", "auto"),
        (Preferences(is_framed=True), "empty", "light"),
        (Preferences(), None, "auto"),
        (Preferences(scheme="pink"), None, "auto"),
    ],
)
def test_scheme_is_light_in_a_frame_unless_chosen(wishes: Preferences, place: str | None, expected: str) -> None:
    app = Flask("test")
    i18n.install(app, lambda: wishes)
    with app.test_request_context(headers={"Sec-Fetch-Dest": place} if place else {}):
        assert i18n.current_scheme() == expected


def test_lazy_text_is_translated_when_shown() -> None:
    text = i18n.lazy_gettext("today %(clock)s", clock="10:12")
    with speaking("en"):
        assert str(text) == f"{text}" == "today 10:12"
    with speaking("zh-CN"):
        assert str(text) == "今天 10:12"
    assert text == i18n.lazy_gettext("today %(clock)s", clock="10:12")


def test_ngettext_uses_the_form_of_the_language() -> None:
    with speaking("en"):
        assert i18n.ngettext("%(num)s day left", "%(num)s days left", 1) == "1 day left"
        assert str(i18n.lazy_ngettext("%(num)s day left", "%(num)s days left", 3)) == "3 days left"
    assert i18n.ngettext("%(num)s day left", "%(num)s days left", 1) == "还剩 1 天"


def test_text_without_variables_keeps_its_percent_signs() -> None:
    assert i18n.gettext("100% of it") == "100% of it"


def test_reading_merges_files_and_the_first_one_counts(tmp_path: Path) -> None:
    for name, text in (("a", "甲"), ("b", "乙")):
        (tmp_path / f"{name}.po").write_text(f'msgid "x"\nmsgstr "{text}"\n\nmsgid "{name}"\nmsgstr "丙"\n', "utf-8")
    found = read(tmp_path, Language.zh)
    assert found.texts == {"x": "甲", "a": "丙", "b": "丙"}


def test_reading_skips_fuzzy_and_empty_entries(tmp_path: Path) -> None:
    (tmp_path / "a.po").write_text('#, fuzzy\nmsgid "x"\nmsgstr "甲"\n\nmsgid "y"\nmsgstr ""\n', encoding="utf-8")
    found = read(tmp_path, Language.zh)
    assert (found.text("x"), found.text("y")) == ("x", "y")


@pytest.mark.parametrize(
    ("moment", "zh", "en"),
    [
        (datetime(2026, 11, 20, 10, 0, tzinfo=UTC), "11月20日 周五 18:00 截止", "due Fri 20 Nov, 18:00"),
        (datetime(2026, 11, 13, 10, 0, tzinfo=UTC), "11月13日 周五 18:00 已截止", "was due Fri 13 Nov, 18:00"),
        (datetime(2027, 1, 5, 16, 30, tzinfo=UTC), "2027年1月6日 周三 00:30 截止", "due Wed 6 Jan 2027, 00:30"),
    ],
)
def test_due(language: Language, moment: datetime, zh: str, en: str) -> None:
    assert i18n.format_due(moment, NOW) == says(language, zh, en)


@pytest.mark.parametrize(
    ("moment", "zh", "en"),
    [
        (NOW - timedelta(minutes=18), "今天 10:12", "today 10:12"),
        (datetime(2026, 11, 16, 13, 8, tzinfo=UTC), "昨天 21:08", "yesterday 21:08"),
        (datetime(2026, 11, 1, 2, 41, tzinfo=UTC), "11月1日 10:41", "1 Nov, 10:41"),
        (datetime(2025, 12, 31, 2, 41, tzinfo=UTC), "2025年12月31日 10:41", "31 Dec 2025, 10:41"),
    ],
)
def test_moment(language: Language, moment: datetime, zh: str, en: str) -> None:
    assert i18n.format_moment(moment, NOW) == says(language, zh, en)


def test_opens_and_day_and_clock(language: Language) -> None:
    opens = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    assert i18n.format_opens(opens, NOW) == says(language, "12月1日 周二 08:00 开放", "opens Tue 1 Dec, 08:00")
    assert i18n.format_day(opens, NOW) == says(language, "12月1日 周二", "Tue 1 Dec")
    assert i18n.format_clock(opens, UTC) == "00:00"


def test_span_names_the_second_day_only_if_it_is_another(language: Language) -> None:
    start = datetime(2026, 12, 18, 1, 0, tzinfo=UTC)
    assert i18n.format_span(start, start + timedelta(minutes=90), NOW) == says(
        language, "12月18日 周五 09:00 至 10:30", "Fri 18 Dec, 09:00 to 10:30"
    )
    assert i18n.format_span(start, start + timedelta(days=1), NOW) == says(
        language, "12月18日 周五 09:00 至 12月19日 周六 09:00", "Fri 18 Dec, 09:00 to Sat 19 Dec, 09:00"
    )


@pytest.mark.parametrize(
    ("due", "zh", "en"),
    [
        (NOW + timedelta(days=3), "还剩 3 天", "3 days left"),
        (NOW + timedelta(hours=14), "还剩 1 天", "1 day left"),
        (NOW + timedelta(hours=1), "今天截止", "due today"),
        (NOW - timedelta(hours=1), "今天已截止", "overdue since today"),
        (NOW - timedelta(days=4), "逾期 4 天", "4 days overdue"),
    ],
)
def test_days_left_counts_days_of_the_calendar(language: Language, due: datetime, zh: str, en: str) -> None:
    assert i18n.format_days_left(due, NOW, SHANGHAI) == says(language, zh, en)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (40, "40 秒", "40 seconds"),
        (60, "1 分钟", "1 minute"),
        (4330, "1 小时 12 分钟", "1 hour 12 minutes"),
        (7200, "2 小时", "2 hours"),
    ],
)
def test_duration(language: Language, seconds: int, zh: str, en: str) -> None:
    assert i18n.format_duration(seconds) == says(language, zh, en)
    assert i18n.format_duration(timedelta(seconds=seconds)) == says(language, zh, en)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(1661, "27:41"), (5261, "1:27:41"), (0, "0:00"), (-5, "0:00"), (9, "0:09")]
)
def test_countdown(seconds: int, shown: str) -> None:
    assert i18n.format_countdown(seconds) == shown


@pytest.mark.parametrize(
    ("points", "shown"),
    [("71.50", "71.5"), ("100", "100"), ("0", "0"), ("0.004", "0"), ("66.6666667", "66.67"), ("1200", "1200")],
)
def test_points(points: str, shown: str) -> None:
    assert i18n.format_points(Decimal(points)) == shown


@given(st.decimals(min_value=0, max_value=10000, places=7))
def test_points_never_have_needless_zeros(points: Decimal) -> None:
    shown = i18n.format_points(points)
    assert "E" not in shown
    assert "." not in shown or not shown.endswith("0")
    assert abs(Decimal(shown) - points) <= Decimal("0.005")


@given(st.floats(min_value=0, max_value=1))
def test_percent_says_all_and_nothing_only_when_true(share: float) -> None:
    shown = i18n.format_percent(share)
    assert (shown == "100%") == (share == 1)
    assert (shown == "0%") == (share == 0)
