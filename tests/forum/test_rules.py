from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.threads import rules
from forum.threads.rules import Place, Written

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
POST_AND_TWO_REPLIES = [["posts", 1], ["replies", 2]]


@pytest.mark.parametrize(
    ("threads", "replies", "progress", "met", "score"),
    [
        (0, 0, Decimal(0), (False, False), None),
        (1, 0, Decimal("0.5"), (True, False), None),
        (0, 2, Decimal("0.5"), (False, True), None),
        (1, 1, Decimal("0.75"), (True, False), None),
        (1, 2, Decimal(1), (True, True), Decimal(100)),
        (5, 9, Decimal(1), (True, True), Decimal(100)),
    ],
)
def test_reached_counts_posts_and_replies(
    threads: int, replies: int, progress: Decimal, met: tuple[bool, ...], score: Decimal | None
) -> None:
    outcome = rules.reached(Written(threads, replies), POST_AND_TWO_REPLIES, 100)
    assert (outcome.progress, outcome.criteria, outcome.score) == (progress, met, score)
    assert outcome.completed is all(met)


def test_reached_without_criteria_wants_any_post() -> None:
    assert not rules.reached(Written(0, 0), [], 100).completed
    assert rules.reached(Written(0, 1), [], 100).score == 100


@given(threads=st.integers(0, 9), replies=st.integers(0, 9), more=st.integers(0, 3))
def test_writing_more_never_lowers_what_is_reached(threads: int, replies: int, more: int) -> None:
    before = rules.reached(Written(threads, replies), POST_AND_TWO_REPLIES, 100)
    after = rules.reached(Written(threads + more, replies + more), POST_AND_TWO_REPLIES, 100)
    assert after.progress >= before.progress
    assert after.completed >= before.completed


@pytest.mark.parametrize(
    ("is_author", "is_locked", "age", "allowed"),
    [
        (True, False, timedelta(minutes=29, seconds=59), True),
        (True, False, timedelta(minutes=30), False),
        (True, True, timedelta(0), False),
        (False, False, timedelta(0), False),
    ],
)
def test_may_edit_own_words_for_thirty_minutes(is_author: bool, is_locked: bool, age: timedelta, allowed: bool) -> None:
    found = rules.may_edit(is_author=is_author, is_locked=is_locked, created_at=NOW - age, now=NOW)
    assert found is allowed


def test_reading_order_walks_the_tree() -> None:
    posts = [Place(1, None), Place(2, 1), Place(3, 1), Place(4, 2), Place(5, 99)]
    assert rules.reading_order(posts) == [1, 2, 4, 3, 5]


@given(st.dictionaries(st.integers(1, 30), st.none() | st.integers(1, 30), max_size=30))
def test_reading_order_loses_nothing(tree: dict[int, int | None]) -> None:
    """Replies name older posts, so a parent is always smaller."""
    posts = [Place(each, parent if parent is not None and parent < each else None) for each, parent in tree.items()]
    order = rules.reading_order(posts)
    assert sorted(order) == sorted(tree)
    for post in posts:
        if post.parent_id in tree:
            assert order.index(post.parent_id) < order.index(post.id)
