"""How long links and sessions are good."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.admin import rules

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
spans = st.timedeltas(timedelta(), timedelta(days=2))


@given(spans)
def test_link_is_good_until_it_ends_or_is_used(passed: timedelta) -> None:
    end = NOW + rules.LINK_LIFE
    assert rules.is_link_good(end, None, NOW + passed) == (passed < rules.LINK_LIFE)
    assert not rules.is_link_good(end, NOW, NOW + passed)


@given(spans, spans)
def test_session_lives_while_it_is_used_and_not_too_old(age: timedelta, idle: timedelta) -> None:
    created = NOW - max(age, idle)
    alive = rules.is_session_alive(created, NOW - idle, None, NOW)
    assert alive == (idle < rules.IDLE and NOW - created < rules.LONGEST)
    assert not rules.is_session_alive(created, NOW - idle, NOW - idle, NOW)


@given(st.text(max_size=20), st.text(max_size=20))
def test_only_the_name_itself_is_the_name(typed: str, name: str) -> None:
    assert rules.is_named(typed, name) == (bool(name.strip()) and typed.strip() == name.strip())
