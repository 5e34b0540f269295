"""Pure rules of lessons and of the outline."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.lessons import rules
from courses.lessons.rules import Block, BlockKind, Gap, Reached, Wanted
from courses.outline import rules as outline
from courses.outline.rules import State, Task
from lti_tool.ledger.availability import Window

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
BLOCKS = st.lists(
    st.builds(
        Block,
        st.text("abc", min_size=1, max_size=4),
        st.sampled_from(BlockKind),
        source=st.text(max_size=20),
        alt=st.text(max_size=5),
    ),
    max_size=8,
).map(rules.keep_apart)


@given(BLOCKS)
def test_blocks_survive_storage(blocks: tuple[Block, ...]) -> None:
    assert rules.blocks_of([block.to_json() for block in blocks]) == blocks


@pytest.mark.parametrize(
    ("block", "gap"),
    [
        (Block("a", BlockKind.text, source=" "), Gap.empty),
        (Block("a", BlockKind.text, source="x"), None),
        (Block("a", BlockKind.image, reference="r"), Gap.no_alt),
        (Block("a", BlockKind.image, reference="r", alt="x"), None),
        (Block("a", BlockKind.image, alt="x"), Gap.no_file),
        (Block("a", BlockKind.video), Gap.no_file),
        (Block("a", BlockKind.question), Gap.empty),
    ],
)
def test_gaps_of_blocks(block: Block, gap: Gap | None) -> None:
    assert rules.gap_of(block) is gap


A, B = Block("a", BlockKind.text, source="x"), Block("b", BlockKind.text, source="y")
Q = Block("q", BlockKind.question, question={"kind": "single"})


@pytest.mark.parametrize(
    ("wanted", "blocks", "expected"),
    [
        (Wanted(), (A, B), [["blocks", 2]]),
        (Wanted(seconds=60), (A,), [["blocks", 1], ["seconds", 60]]),
        (Wanted(blocks=False, question="correct"), (A, Q), [["question", "correct"]]),
        (Wanted(blocks=False, question="correct"), (A,), [["blocks", 1]]),
        (Wanted(blocks=False), (A,), [["blocks", 1]]),
    ],
)
def test_criteria_are_those_that_can_be_reached(
    wanted: Wanted, blocks: tuple[Block, ...], expected: list[list[object]]
) -> None:
    assert rules.criteria_of(wanted, blocks) == expected


KEYS = st.sets(st.sampled_from(["a", "b", "q", "gone"]))


@given(KEYS, KEYS, KEYS, st.integers(0, 200), st.sampled_from(["none", "answered", "correct"]))
def test_completed_means_all_criteria_and_only_then_a_score(
    seen: set[str], answered: set[str], correct: set[str], seconds: int, rule: str
) -> None:
    blocks = (A, B, Q)
    criteria = rules.criteria_of(Wanted(seconds=60, question=rule), blocks)
    checklist = rules.checked(criteria, blocks, Reached(seen, seconds, answered | correct, correct))
    outcome = rules.outcome_of(checklist, 100)
    assert outcome.completed == all(outcome.criteria)
    assert (outcome.score == 100) == outcome.completed
    assert 0 <= outcome.progress <= 1
    assert (outcome.progress == 1) == outcome.completed
    assert len(outcome.criteria) == len(criteria)


@given(KEYS, st.integers(0, 200))
def test_doing_more_never_takes_progress_away(seen: set[str], seconds: int) -> None:
    criteria = rules.criteria_of(Wanted(seconds=60), (A, B))

    def progress(reached: Reached) -> Decimal:
        return rules.outcome_of(rules.checked(criteria, (A, B), reached), 100).progress

    assert progress(Reached(seen | {"b"}, seconds + 1)) >= progress(Reached(seen, seconds))


def test_estimate_counts_characters_words_and_pauses() -> None:
    han = Block("a", BlockKind.text, source="读" * 1200)
    latin = Block("b", BlockKind.text, source="word " * 400)
    assert rules.estimated_minutes([han]) == 3
    assert rules.estimated_minutes([latin]) == 2
    assert rules.estimated_minutes([han, latin, Q]) == 6
    assert rules.estimated_minutes([]) == 1


@pytest.mark.parametrize(
    ("source", "title"),
    [("# One **two**\n\nx", "One two"), ("x\n\n## [Link](http://x) y", "Link y"), ("no heading", "")],
)
def test_heading_of_a_block(source: str, title: str) -> None:
    assert rules.title_of(Block("a", BlockKind.text, source=source)) == title


@pytest.mark.parametrize(
    ("window", "is_started", "is_done", "state"),
    [
        (Window(), False, False, State.todo),
        (Window(), True, False, State.doing),
        (Window(closes=NOW - HOUR), True, True, State.done),
        (Window(opens=NOW + HOUR), False, False, State.locked),
        (Window(opens=NOW), False, False, State.todo),
        (Window(due=NOW - HOUR), True, False, State.late),
        (Window(due=NOW), True, False, State.soon),
        (Window(due=NOW + 7 * 24 * HOUR), False, False, State.soon),
        (Window(due=NOW + 8 * 24 * HOUR), False, False, State.todo),
        (Window(due=NOW - HOUR, closes=NOW), False, False, State.closed),
    ],
)
def test_state_of_a_task(window: Window, is_started: bool, is_done: bool, state: State) -> None:
    assert outline.state_of(window, NOW, is_started=is_started, is_done=is_done) is state


def test_next_is_what_was_touched_last_then_the_first_required() -> None:
    one = Task(1, is_required=False, state=State.todo)
    two = Task(2, is_required=True, state=State.todo)
    three = Task(3, is_required=True, state=State.doing, touched=NOW)
    four = replace(three, id=4, touched=NOW + HOUR)
    done = replace(four, id=5, state=State.done, touched=NOW + 2 * HOUR)
    assert outline.next_of([one, two, three, four, done]) is four
    assert outline.next_of([one, two]) is two
    assert outline.next_of([one]) is one
    assert outline.next_of([done]) is None


@given(st.lists(st.sampled_from("AB"), max_size=8), st.integers(0, 8), st.booleans())
def test_moving_keeps_all_tasks_and_stays_under_the_heading(headings: list[str], item: int, is_up: bool) -> None:
    order = list(range(len(headings)))
    names = dict(enumerate(headings))
    after = outline.moved(order, item, names, is_up=is_up)
    assert sorted(after) == order
    assert [names[each] for each in after] == headings
