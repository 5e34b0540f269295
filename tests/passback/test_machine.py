"""The life of a score post: every event in every state, in the rules and in the SQL that moves posts."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.models import Enrolment
from lti_tool.ledger import services
from lti_tool.ledger.models import LineItem, LineItemState, Result, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback import outbox, rules
from lti_tool.passback.outbox import Claimed, Outcome, claiming
from lti_tool.passback.rules import Answer, Event, Reply, follow
from tests.passback.conftest import Recorder
from tests.school import School

NO_COLUMN, WAITING, SENDING, SENT = (
    PostState.waiting_for_column, PostState.waiting, PostState.sending, PostState.sent,
)  # fmt: skip
CONFIRMED, REFUSED, KEPT, UNGRADED = PostState.confirmed, PostState.refused, PostState.kept, PostState.not_gradable
DIFFERS = PostState.differs
AS_IT_IS: Final = None

# event: the state after it, in the order of PostState: waiting for a column, waiting, sending, sent, confirmed, differs,
# refused, kept, not gradable
EVERY = len(PostState)
NOT_ON_ITS_WAY = (AS_IT_IS,) * 6
NOT_TOLD = (AS_IT_IS,) * 3
TABLE: dict[Event, tuple[PostState | None, ...]] = {
    Event.wanted: (WAITING,) * EVERY,
    Event.wanted_without_column: (NO_COLUMN,) * EVERY,
    Event.wanted_of_ungraded: (UNGRADED,) * EVERY,
    Event.relinked: (KEPT,) * EVERY,
    Event.claimed: (AS_IT_IS, SENDING, SENDING, *NOT_ON_ITS_WAY),
    Event.early: (AS_IT_IS, WAITING, WAITING, *NOT_ON_ITS_WAY),
    Event.columnless: (AS_IT_IS, NO_COLUMN, NO_COLUMN, *NOT_ON_ITS_WAY),
    Event.ungraded: (AS_IT_IS, UNGRADED, UNGRADED, *NOT_ON_ITS_WAY),
    Event.numberless: (AS_IT_IS, KEPT, KEPT, *NOT_ON_ITS_WAY),
    Event.accepted: (AS_IT_IS, AS_IT_IS, SENT, *NOT_ON_ITS_WAY),
    Event.there_already: (AS_IT_IS, AS_IT_IS, CONFIRMED, *NOT_ON_ITS_WAY),
    Event.again: (AS_IT_IS, AS_IT_IS, WAITING, *NOT_ON_ITS_WAY),
    Event.unsent: (AS_IT_IS, AS_IT_IS, WAITING, *NOT_ON_ITS_WAY),
    Event.refused: (AS_IT_IS, AS_IT_IS, REFUSED, *NOT_ON_ITS_WAY),
    Event.column_lost: (AS_IT_IS, AS_IT_IS, NO_COLUMN, *NOT_ON_ITS_WAY),
    Event.column_gone: (NO_COLUMN, NO_COLUMN, AS_IT_IS, *NOT_ON_ITS_WAY),
    Event.column_back: (WAITING, WAITING, AS_IT_IS, *NOT_ON_ITS_WAY),
    Event.seen: (*NOT_TOLD, CONFIRMED, AS_IT_IS, CONFIRMED, CONFIRMED, AS_IT_IS, AS_IT_IS),
    Event.seen_other: (*NOT_TOLD, DIFFERS, DIFFERS, DIFFERS, AS_IT_IS, AS_IT_IS, AS_IT_IS),
    Event.dropped: (*NOT_TOLD, WAITING, WAITING, WAITING, AS_IT_IS, AS_IT_IS, AS_IT_IS),
    Event.kept_there: (*NOT_TOLD, AS_IT_IS, AS_IT_IS, KEPT, KEPT, AS_IT_IS, AS_IT_IS),
}


def test_table_leaves_no_event_out() -> None:
    assert set(TABLE) == set(Event) == set(rules.FOLLOWS)
    assert {len(row) for row in TABLE.values()} == {EVERY}


@pytest.mark.parametrize("event", TABLE)
@pytest.mark.parametrize(("place", "state"), list(enumerate(PostState)))
def test_state_after_each_event(place: int, state: PostState, event: Event) -> None:
    assert follow(state, event) is (TABLE[event][place] or state)


@pytest.mark.parametrize("event", TABLE)
def test_states_that_an_event_moves_are_those_of_the_table(event: Event) -> None:
    moved = {state for state, after in zip(PostState, TABLE[event], strict=True) if after is not None}
    assert set(rules.moved_by(event)) == moved


@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize("state", PostState)
def test_answer_moves_only_what_is_on_its_way(state: PostState, answer: Answer) -> None:
    step = rules.after(Reply(answer), attempts=1, cause="", chance=0)
    assert follow(state, step.event) is (step.state if state is SENDING else state)


def test_what_is_due_is_what_a_worker_may_claim() -> None:
    assert str(claiming.OPEN) == "score_post.state IN ('waiting', 'sending')"
    assert rules.moved_by(Event.claimed) == (WAITING, SENDING)


# The same tables, done to rows


@pytest.fixture
def posts(school: School, reach: Recorder, database: Database) -> dict[PostState, int]:
    """One activity with one column, and a post in every state, each of another member; the id by state."""
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    found = {}
    for state in PostState:
        person = school.new_member(state.value)
        reach(activity.id, person, "7")
        post = school.post(column, person)
        assert post is not None
        found[state] = post.id
        with database.writing() as session:
            session.execute(update(ScorePost).where(ScorePost.id == post.id).values(state=state))
    return found


def states(database: Database, posts: dict[PostState, int]) -> tuple[PostState, ...]:
    with database.reading() as session:
        return tuple(session.get_one(ScorePost, id_).state for id_ in posts.values())


def expected(event: Event) -> tuple[PostState, ...]:
    return tuple(after or state for state, after in zip(PostState, TABLE[event], strict=True))


@pytest.mark.parametrize("event", [Event.wanted, Event.wanted_without_column, Event.wanted_of_ungraded])
def test_requeue_does_to_rows_what_the_table_says(
    event: Event, posts: dict[PostState, int], database: Database, clock: FakeClock
) -> None:
    with database.writing() as session:
        if event is Event.wanted_without_column:
            session.execute(update(LineItem).values(state=LineItemState.none))
        if event is Event.wanted_of_ungraded:
            session.execute(update(Enrolment).values(gradable=False))
        column = session.get_one(ScorePost, posts[WAITING]).line_item_id
        services.requeue(session, line_item_id=column, now=clock.now())
    assert states(database, posts) == expected(event)


@pytest.mark.parametrize("event", [Event.claimed, Event.early, Event.columnless, Event.ungraded, Event.numberless])
def test_claim_does_to_rows_what_the_table_says(
    event: Event, posts: dict[PostState, int], database: Database, clock: FakeClock
) -> None:
    with database.writing() as session:
        match event:
            case Event.early:
                session.execute(update(ScorePost).values(send_at=clock.now() + timedelta(minutes=1)))
            case Event.columnless:
                session.execute(update(LineItem).values(state=LineItemState.gone))
            case Event.ungraded:
                session.execute(update(Enrolment).values(gradable=False))
            case Event.numberless:
                session.execute(update(Result).values(score=None))
            case _:
                pass
    with database.writing_core() as connection:
        (target,) = outbox.targets(connection, clock.now())
        outbox.claim(connection, target, limit=100, now=clock.now())
    assert states(database, posts) == expected(event)


@pytest.mark.parametrize("answer", Answer)
def test_answer_does_to_rows_what_the_table_says(
    answer: Answer, posts: dict[PostState, int], database: Database, clock: FakeClock
) -> None:
    """As if each had been claimed, and moved afterwards without its result having changed."""
    step = rules.after(Reply(answer), attempts=1, cause="", chance=0)
    with database.writing() as session:
        session.execute(update(ScorePost).values(send_at=clock.now()))
        rows = [session.get_one(ScorePost, id_) for id_ in posts.values()]
        claimed = [
            Claimed(
                id=row.id, line_item_id=row.line_item_id, registration_id=1, revision=row.revision, attempts=1, cause="",
                send_at=clock.now(), claimed_at=clock.now(), url="https://lms.example/lineitems/elsewhere", sub="4",
                given=Decimal(7), maximum=20, score=Decimal(7),
            )
            for row in rows
        ]  # fmt: skip
    with database.writing_core() as connection:
        outbox.record(connection, [Outcome(post, Reply(answer), step) for post in claimed], clock.now())
    after = [follow(state, step.event) for state in PostState]
    if step.column is not None:  # another column is there by now, as the URL says: what waited for one is due
        after = [follow(state, Event.column_back) for state in after]
    assert states(database, posts) == tuple(after)


def test_column_that_is_gone_does_to_rows_what_the_table_says(
    posts: dict[PostState, int], database: Database, clock: FakeClock
) -> None:
    with database.writing_core() as connection:
        (target,) = outbox.targets(connection, clock.now())
        (claimed,) = outbox.claim(connection, target, limit=1, now=clock.now()).claimed
        step = rules.after(Reply(Answer.gone), attempts=1, cause="", chance=0)
        outbox.record(connection, [Outcome(claimed, Reply(Answer.gone), step)], clock.now())
    answered = next(state for state, id_ in posts.items() if id_ == claimed.id)
    after = [NO_COLUMN if state is answered else follow(state, Event.column_gone) for state in PostState]
    assert states(database, posts) == tuple(after)
