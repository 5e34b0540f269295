"""Launches that make scores due which could not be sent before: a second link, a member who is back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import Enrolment, Member
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, LineItem, LineItemSource, LineItemState, Placement, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, NOT_GRADED, Outcome, PostState
from tests.lms_client import ENDPOINT_CLAIM
from tests.lti.world import World


def reach(world: World, activity: Activity) -> None:
    """Member1 has finished."""
    with world.runtime.database.writing() as session:
        member_id = session.scalars(select(Member.id).where(Member.sub == "member1")).one()
        services.record(
            session, activity_id=activity.id, member_id=member_id, verb="completed", source="probe:1",
            outcome=Outcome(Decimal(1), Decimal(8), completed=True), now=world.runtime.clock.now(),
        )  # fmt: skip


def post(world: World, link: str = "link-a") -> tuple[PostState, str]:
    with world.runtime.database.reading() as session:
        row = session.execute(
            select(ScorePost.state, ScorePost.cause)
            .join(LineItem, LineItem.id == ScorePost.line_item_id)
            .join(Placement, Placement.id == LineItem.placement_id)
            .where(Placement.resource_link_id == link)
        ).one()
    return row.state, row.cause


def left(world: World, state: PostState, cause: str = "") -> None:
    with world.runtime.database.writing() as session:
        session.execute(update(ScorePost).values(state=state, cause=cause))


@pytest.mark.parametrize(
    "away",
    [{"is_active": False}, {"gradable": False}, {"role": "instructor", "gradable": False}],
    ids=["not active", "not gradable", "was staff"],
)
def test_member_who_launches_again_is_sent_what_was_left_out(
    world: World, browser: FlaskClient, away: dict[str, Any]
) -> None:
    activity = world.bound()
    world.launch(browser, "member1")
    with world.runtime.database.writing() as session:
        session.execute(update(Enrolment).values(**away))
    reach(world, activity)
    assert post(world)[0] is PostState.not_gradable
    world.launch(world.browser(), "member1")
    assert post(world) == (PostState.waiting, "")


def test_AG_26_member_whom_the_lms_gave_no_grades_is_sent_when_he_launches_again(
    world: World, browser: FlaskClient
) -> None:
    clock = world.runtime.clock
    assert isinstance(clock, FakeClock)
    activity = world.bound()
    world.launch(browser, "member1")
    reach(world, activity)
    left(world, PostState.refused, NOT_GRADED)
    with world.runtime.database.writing() as session:
        session.execute(update(Enrolment).values(not_graded_at=world.runtime.clock.now()))
    world.launch(world.browser(), "member2")
    assert post(world)[0] is PostState.refused
    world.launch(world.browser(), "member1")
    assert post(world) == (PostState.waiting, "")
    left(world, PostState.refused, NOT_GRADED)
    clock.advance(timedelta(minutes=1))
    world.launch(world.browser(), "member1")
    assert post(world)[0] is PostState.refused  # nothing new has been said since, so nothing is tried again


def test_member_who_was_always_here_costs_no_look_at_the_outbox(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    world.launch(browser, "member1")
    reach(world, activity)
    left(world, PostState.refused, "forbidden")
    world.launch(world.browser(), "member1")
    assert post(world) == (PostState.refused, "forbidden")


def test_AG_35_second_link_of_an_activity_gets_what_was_reached_before(world: World, browser: FlaskClient) -> None:
    activity = world.bound("link-a")
    world.launch(browser, "member1", "link-a")
    reach(world, activity)
    left(world, PostState.sent)
    with world.runtime.database.writing() as session:
        first = session.scalars(select(Placement)).one()
        session.add(
            Placement(
                context_id=first.context_id, resource_link_id="link-b", activity_id=activity.id, scopes=[],
                created_at=world.runtime.clock.now(),
            )
        )  # fmt: skip
    world.lms.allow_grades("link-b")
    world.launch(world.browser(), "member2", "link-b")
    assert post(world, "link-b")[0] is PostState.waiting
    assert post(world, "link-a")[0] is PostState.sent
    assert world.column("link-b").url != world.column("link-a").url


THEIRS = [(PostState.differs, "teacher_overrode"), (PostState.differs, "changed_there"), (PostState.kept, KEPT_THERE)]
OURS = [
    (PostState.sent, ""),
    (PostState.confirmed, ""),
    (PostState.differs, "removed_there"),
    (PostState.differs, "not_taken"),
    (PostState.waiting_for_column, "column_gone"),
    (PostState.refused, "locked"),
]


@pytest.mark.parametrize("is_same", [True, False], ids=["same address", "another"])
@pytest.mark.parametrize(("state", "cause"), [*OURS, *THEIRS])
def test_column_that_is_back_gets_all_scores_but_where_anothers_grade_stands(
    world: World, browser: FlaskClient, state: PostState, cause: str, is_same: bool
) -> None:
    """The LMS said 404 once. At its own address it is the column that it was, with what teachers typed; a new one is empty."""
    activity = world.bound()
    world.launch(browser, "member1")
    reach(world, activity)
    left(world, state, cause)
    with world.runtime.database.writing() as session:
        session.execute(update(LineItem).values(state=LineItemState.gone, cause="gone"))
        if not is_same:
            session.execute(update(LineItem).values(url=LineItem.url + "/old"))
    world.launch(world.browser(), "member2")
    stays = is_same and (state, cause) in THEIRS
    assert post(world) == ((state, cause) if stays else (PostState.waiting, ""))
    column = world.column()
    assert column.state is LineItemState.ready
    assert column.read_due_at == (world.runtime.clock.now() if is_same else None), "it is read back next"


def test_second_link_without_a_column_waits_for_one(world: World, browser: FlaskClient) -> None:
    """So that the worker looks for it, instead of after the next score."""
    activity = world.bound("link-a")
    world.launch(browser, "member1", "link-a")
    reach(world, activity)
    with world.runtime.database.writing() as session:
        first = session.scalars(select(Placement)).one()
        session.add(
            Placement(
                context_id=first.context_id, resource_link_id="link-b", activity_id=activity.id, scopes=[],
                created_at=world.runtime.clock.now(),
            )
        )  # fmt: skip
    world.launch(world.browser(), "member2", "link-b")
    assert post(world, "link-b")[0] is PostState.waiting_for_column


def test_two_columns_for_one_link_are_looked_for_though_scores_were_sent(world: World, browser: FlaskClient) -> None:
    """The claim names none then (Moodle): what stands in the column that we knew is not taken for sent any more."""
    activity = world.bound()
    world.launch(browser, "member1")
    reach(world, activity)
    left(world, PostState.sent)
    endpoint: Any = dict(world.lms.claims_for("member1", "link-a")[ENDPOINT_CLAIM])
    del endpoint["lineitem"]
    changes: Any = {ENDPOINT_CLAIM: endpoint}
    world.forge(world.browser(), **changes)
    assert post(world)[0] is PostState.waiting_for_column
    assert world.column().cause == "not_allowed"


@pytest.mark.parametrize("source", [LineItemSource.created, LineItemSource.found])
def test_column_that_we_made_or_found_stays_when_a_launch_names_none(
    world: World, browser: FlaskClient, source: LineItemSource
) -> None:
    activity = world.bound()
    world.launch(browser, "member1")
    reach(world, activity)
    left(world, PostState.sent)
    with world.runtime.database.writing() as session:
        session.execute(update(LineItem).values(source=source))
    before = world.column().url
    endpoint: Any = dict(world.lms.claims_for("member1", "link-a")[ENDPOINT_CLAIM])
    del endpoint["lineitem"]
    changes: Any = {ENDPOINT_CLAIM: endpoint}
    world.forge(world.browser(), **changes)
    assert (world.column().state, world.column().url) == (LineItemState.ready, before)
    assert post(world) == (PostState.sent, "")


def test_empty_line_item_is_a_column_that_is_gone(world: World, browser: FlaskClient) -> None:
    """Moodle, after the column was deleted."""
    activity = world.bound()
    world.launch(browser, "member1")
    reach(world, activity)
    left(world, PostState.sent)
    endpoint: Any = dict(world.lms.claims_for("member1", "link-a")[ENDPOINT_CLAIM]) | {"lineitem": ""}
    changes: Any = {ENDPOINT_CLAIM: endpoint}
    world.forge(world.browser(), **changes)
    assert (post(world)[0], world.column().cause) == (PostState.waiting_for_column, "gone")
    world.launch(world.browser(), "member1")
    assert post(world)[0] is PostState.waiting
