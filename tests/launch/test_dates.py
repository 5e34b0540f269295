"""Dates in custom parameters: ISO 8601 with a zone, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.launch.rules.dates import DATES, LinkDates, link_dates, moment_of

MOMENT = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001 - bounds have no zone
STORED = st.none() | MOMENTS.map(lambda moment: moment.astimezone(UTC).replace(microsecond=0))


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T00:00:00Z",
        "2026-12-01T00:00Z",
        "2026-12-01t00:00:00z",
        "2026-12-01 08:00:00+08:00",
        "2026-12-01T08:00:00+0800",
        "2026-12-01T08:00+08",
        "2026-11-30T19:00:00.123456789-05:00",
        " 2026-12-01T00:00:00,5Z ",
    ],
)
def test_date_with_its_zone_is_read(text: str) -> None:
    assert moment_of(text) == MOMENT


@given(MOMENTS)
def test_law_what_python_writes_is_read_to_the_second(moment: datetime) -> None:
    assert moment_of(moment.isoformat()) == moment.astimezone(UTC).replace(microsecond=0)


@given(st.text() | st.integers() | st.none() | st.booleans() | st.lists(st.text()))
def test_law_whatever_comes_never_fails(value: object) -> None:
    found = moment_of(value)
    assert found is None or found.tzinfo is UTC


@given(st.dictionaries(st.sampled_from(sorted(DATES)), st.text() | MOMENTS.map(datetime.isoformat)), STORED, STORED)
def test_law_saying_it_twice_changes_nothing(
    custom: dict[str, str], opens: datetime | None, closes: datetime | None
) -> None:
    dates = link_dates(custom)
    once = dates.applied_to(opens, closes)
    assert dates.applied_to(*once) == once


def test_launch_that_says_nothing_about_dates_leaves_them() -> None:
    assert link_dates({"activity": "x"}) == link_dates(None) == LinkDates()
    assert LinkDates().applied_to(MOMENT, MOMENT) == (MOMENT, MOMENT)


def test_only_the_side_that_is_named_is_said() -> None:
    dates = link_dates({"available_until": "$ResourceLink.available.endDateTime"})
    assert dates.unresolved == ("available_until",)
    assert dates.applied_to(MOMENT, MOMENT) == (MOMENT, None)


def test_stricter_of_two_dates_holds() -> None:
    later = (MOMENT + timedelta(days=1)).isoformat()
    both = link_dates(
        {
            "available_from": MOMENT.isoformat(),
            "submission_from": later,
            "available_until": later,
            "submission_until": MOMENT.isoformat(),
        }
    )
    assert (both.opens, both.closes) == (MOMENT + timedelta(days=1), MOMENT)
