"""`dangke reconcile`: exit codes and what it says; what a reading does is tested in tests/passback/reconciler."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select, update

from lti_tool.identity.models import Context, Member, Registration
from lti_tool.ledger.models import LineItem, LineItemState, Placement, Result, ScorePost
from lti_tool.ledger.rules import PostState, ResultState
from lti_tool.ledger.services import create_activity
from tests.cli.conftest import Dangke
from tests.cli.test_keys import register
from tests.cli.test_person import known, session_here  # noqa: F401 - `known` is a fixture
from tests.conftest import START


def test_nothing_to_read_is_done(migrated: Dangke, tmp_path: Path) -> None:
    register(migrated, tmp_path)
    assert migrated("reconcile").code == 0
    assert "registration 1: 0 grades differ" in migrated("reconcile", "--registration", "1").out


def test_unknown_registration_is_one_sentence(migrated: Dangke) -> None:
    ended = migrated("reconcile", "--registration", "9")
    assert (ended.code, "There is no registration 9." in ended.sentence) == (1, True)


def test_column_that_cannot_be_read_ends_with_1_and_changes_no_score(known: Dangke) -> None:  # noqa: F811 - the fixture
    with session_here() as session:
        context = session.scalars(select(Context)).one()
        member = session.scalars(select(Member).where(Member.sub == "4")).one()
        activity = create_activity(session, context_id=context.id, kind="quiz", title="Sources", now=START, criteria=[])
        placement = Placement(context_id=context.id, resource_link_id="1", activity_id=activity.id, created_at=START)
        session.add(placement)
        session.flush()
        column = LineItem(
            placement_id=placement.id, activity_id=activity.id, url="https://elsewhere.example/1",
            state=LineItemState.ready,
        )  # fmt: skip
        session.add(column)
        session.add(
            Result(
                activity_id=activity.id, member_id=member.id, score=Decimal(5), state=ResultState.done,
                started_at=START, updated_at=START,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            ScorePost(
                line_item_id=column.id, member_id=member.id, state=PostState.sent, due_at=START, sent_at=START,
                send_at=START, sent_score=Decimal(5), sent_revision=1,
            )
        )  # fmt: skip
    ended = known("reconcile")
    assert (ended.code, "1 columns could not be read yet" in ended.sentence) == (1, True)
    with session_here() as session:
        assert session.scalars(select(ScorePost.state)).one() is PostState.sent
        assert session.scalars(select(LineItem.read_cause)).one() == "foreign_host"
        session.execute(update(LineItem).values(read_cause=""))
        session.execute(update(Registration).values(breaker_until=START + timedelta(days=36500), breaker_failures=3))
    assert known("reconcile", "--registration", "1").code == 1
