from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.media.tickets import LIFETIME, grant_of, issue

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
KEY = b"k" * 32
REFERENCE = "Zm9vYmFyYmF6cXV4MTIzNA"


@pytest.mark.parametrize(
    ("later", "grant"),
    [(timedelta(0), 7), (LIFETIME - timedelta(seconds=1), 7), (LIFETIME, None), (timedelta(days=1), None), (-timedelta(seconds=1), None)],
)  # fmt: skip
def test_a_ticket_is_good_for_ten_minutes(later: timedelta, grant: int | None) -> None:
    assert grant_of(KEY, REFERENCE, issue(KEY, REFERENCE, 7, NOW), NOW + later) == grant


def test_a_ticket_opens_one_reference_with_one_key() -> None:
    ticket = issue(KEY, REFERENCE, 7, NOW)
    assert grant_of(KEY, REFERENCE[::-1], ticket, NOW) is None
    assert grant_of(b"x" * 32, REFERENCE, ticket, NOW) is None


@given(st.integers(min_value=0, max_value=80), st.characters())
def test_a_changed_ticket_is_none(place: int, character: str) -> None:
    ticket = issue(KEY, REFERENCE, 7, NOW)
    place %= len(ticket)
    changed = ticket[:place] + character + ticket[place + 1 :]
    if changed != ticket:
        assert grant_of(KEY, REFERENCE, changed, NOW) is None


@given(st.text(max_size=80))
def test_no_text_is_a_ticket(ticket: str) -> None:
    assert grant_of(KEY, REFERENCE, ticket, NOW) is None
