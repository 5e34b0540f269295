"""Dates as they are typed: in the course's zone, unless they name another."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from courses.outline.forms import read_task
from forum.threads.forms import ForumForm
from lti_tool.core.moments import as_typed, read_moment
from quizzes.papers.forms import SettingsForm

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC"]).map(ZoneInfo)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MINUTES = st.integers(0, 2**26).map(lambda minutes: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))

TYPED = [
    ("2026-12-01T08:00", datetime(2026, 12, 1, 0, tzinfo=UTC)),
    ("2026-12-01 08:00", datetime(2026, 12, 1, 0, tzinfo=UTC)),
    ("2026-12-01T08:00:30", datetime(2026, 12, 1, 0, 0, 30, tzinfo=UTC)),
    ("2026-12-01T08:00+09:00", datetime(2026, 11, 30, 23, tzinfo=UTC)),
    ("2026-12-01T08:00-0330", datetime(2026, 12, 1, 11, 30, tzinfo=UTC)),
    ("2026-12-01T08:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
]
NONE = ["tomorrow", "2026-12-01", "2026-13-45T00:00", "08:00", "20261201T0800", "0001-01-01T00:00+14:00", "9" * 40]


@pytest.mark.parametrize(("text", "moment"), TYPED)
def test_moment_is_read_in_its_own_zone_or_the_course_s(text: str, moment: datetime) -> None:
    assert read_moment(text, SHANGHAI) == moment


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no moment|calendar|month|day"):
        read_moment(text, SHANGHAI)


def test_moment_without_a_zone_is_refused_where_there_is_no_other() -> None:
    with pytest.raises(ValueError, match="no moment"):
        read_moment("2026-12-01T08:00", None)


@given(MINUTES, OFFSETS, ZONES)
def test_law_offset_beats_the_course_s_zone(moment: datetime, offset: timezone, zone: ZoneInfo) -> None:
    assert read_moment(moment.astimezone(offset).isoformat(), zone) == moment


@given(MINUTES, st.sampled_from([SHANGHAI, ZoneInfo("UTC")]))
def test_law_what_a_field_shows_is_read_as_what_was_stored(moment: datetime, zone: ZoneInfo) -> None:
    later = moment + timedelta(days=365 * 25)  # since 1992 these zones have not moved their clocks
    assert read_moment(as_typed(later, zone), zone) == later


@pytest.mark.parametrize(("text", "moment"), TYPED)
def test_all_forms_read_dates_alike(text: str, moment: datetime) -> None:
    quiz = SettingsForm.read(MultiDict({"title": "T", "closes": text}), "Asia/Shanghai")
    forum = ForumForm.read({"title": "T", "threads": "1", "replies": "0", "due_at": text}, "Asia/Shanghai")
    task = read_task({"title": "T", "due_at": text}, SHANGHAI)
    assert (quiz.dates["closes"], forum.due_at, task.due_at) == (moment, moment, moment)
    assert [quiz.errors, forum.errors, task.errors] == [{}, {}, {}]
