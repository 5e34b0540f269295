"""When criteria change, the results that exist follow: by slices, killed or not, and nobody is left out."""

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from lti_tool.ledger import services
from lti_tool.ledger.evaluation import SLICE, evaluation
from lti_tool.ledger.kinds import Sweep
from lti_tool.ledger.models import Activity, Entry
from lti_tool.ledger.rules import Outcome, PostState, ResultState
from tests.school import Person, School

HALF = Outcome(Decimal("0.5"), None, completed=False, criteria=(False,))
FULL = Outcome(Decimal(1), Decimal(100), completed=True, criteria=(True,))


class Killed(BaseException):
    """The worker is gone."""


class Domain:
    """A domain whose members have all done half; the criterion says how much is wanted."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.dies_after = 10_000

    def evaluate(self, session: Session, activity: Activity, member_id: int, now: datetime) -> None:
        criteria = services.hold(session, activity_id=activity.id, member_id=member_id)
        if len(self.seen) >= self.dies_after:
            raise Killed
        self.seen.append(member_id)
        outcome = FULL if criteria[0][1] <= 50 else HALF
        services.reconsider(
            session,
            activity_id=activity.id,
            member_id=member_id,
            outcome=outcome,
            source=f"{activity.id}:{member_id}:completed",
            now=now,
        )


@pytest.fixture
def domain() -> Domain:
    return Domain()


@pytest.fixture
def sweep(domain: Domain) -> Sweep:
    return evaluation("quiz", domain.evaluate)


@pytest.fixture
def activity(school: School) -> Activity:
    return school.activity("quiz", criteria=[["share", 80]])


def do_half(database: Database, clock: FakeClock, activity: Activity, *people: Person) -> None:
    with database.writing() as session:
        for person in people:
            services.record(
                session,
                activity_id=activity.id,
                member_id=person.member_id,
                outcome=HALF,
                verb="progressed",
                source=f"half:{person.member_id}",
                now=clock.now(),
            )


def want(database: Database, activity: Activity, share: int) -> None:
    with database.writing() as session:
        services.criteria_changed(session, session.get_one(Activity, activity.id), [["share", share]])


def is_due(runtime: Runtime, sweep: Sweep, clock: FakeClock) -> bool:
    with runtime.database.reading_core() as connection:
        return sweep.due(connection, clock.now())


def test_member_who_meets_lowered_criteria_is_completed_and_the_gradebook_hears_of_it(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, activity: Activity, sweep: Sweep
) -> None:
    column = school.placement(activity)
    do_half(database, clock, activity, school.member)
    assert not is_due(runtime, sweep, clock)
    want(database, activity, 50)
    assert is_due(runtime, sweep, clock)
    assert sweep.run(runtime, clock.now()) == 1
    result, post = school.result(activity.id, school.member), school.post(column, school.member)
    assert result is not None
    assert (result.state, result.score, result.completed_at) == (ResultState.done, Decimal(100), clock.now())
    assert post is not None
    assert post.state is PostState.waiting
    assert not is_due(runtime, sweep, clock)
    with database.reading() as session:
        verbs = session.scalars(select(Entry.verb).order_by(Entry.id)).all()
    assert verbs == ["progressed", "completed"]


def test_completion_once_reached_stays_when_more_is_wanted(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, activity: Activity, sweep: Sweep
) -> None:
    column = school.placement(activity)
    do_half(database, clock, activity, school.member)
    want(database, activity, 50)
    sweep.run(runtime, clock.now())
    want(database, activity, 90)
    sweep.run(runtime, clock.now())
    result, post = school.result(activity.id, school.member), school.post(column, school.member)
    assert result is not None
    assert post is not None
    assert (result.state, result.score, result.criteria_met) == (ResultState.done, Decimal(100), [False])
    assert post.revision == 1


def test_parent_is_rolled_up_and_its_column_hears_of_it(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, sweep: Sweep
) -> None:
    home = school.activity("outline", "Home")
    task = school.activity("quiz", parent_id=home.id, criteria=[["share", 80]])
    column = school.placement(home)
    do_half(database, clock, task, school.member)
    assert school.post(column, school.member) is None
    want(database, task, 50)
    sweep.run(runtime, clock.now())
    post = school.post(column, school.member)
    assert post is not None
    assert post.due_at == clock.now()  # its only task is done, so nothing more will come of this burst


def test_killed_sweep_begins_again_and_changes_nothing_twice(
    runtime: Runtime,
    database: Database,
    clock: FakeClock,
    school: School,
    activity: Activity,
    domain: Domain,
    sweep: Sweep,
) -> None:
    column = school.placement(activity)
    people = [school.new_member(f"Member {n}") for n in range(SLICE + 5)]
    do_half(database, clock, activity, *people)
    want(database, activity, 50)
    domain.dies_after = SLICE + 2
    with pytest.raises(Killed):
        sweep.run(runtime, clock.now())
    states = [school.result(activity.id, person) for person in people]
    assert [each.state is ResultState.done for each in states if each] == [True] * SLICE + [False] * 5
    assert is_due(runtime, sweep, clock)
    domain.dies_after = 10_000
    assert sweep.run(runtime, clock.now()) == len(people)
    posts = [school.post(column, person) for person in people]
    assert [each.revision for each in posts if each] == [1] * len(people)
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Entry.verb == "completed")) == len(people)


def test_criteria_that_change_while_they_are_compared_are_compared_again(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, activity: Activity, domain: Domain
) -> None:
    do_half(database, clock, activity, school.member)
    want(database, activity, 70)

    def evaluate(session: Session, found: Activity, member_id: int, now: datetime) -> None:
        domain.evaluate(session, found, member_id, now)
        if len(domain.seen) == 1:
            services.criteria_changed(session, found, [["share", 50]])

    sweep = evaluation("quiz", evaluate)
    sweep.run(runtime, clock.now())
    assert is_due(runtime, sweep, clock)
    sweep.run(runtime, clock.now())
    assert not is_due(runtime, sweep, clock)
    result = school.result(activity.id, school.member)
    assert result is not None
    assert result.state is ResultState.done


def test_member_who_has_done_nothing_gets_no_result(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, activity: Activity
) -> None:
    def evaluate(session: Session, found: Activity, member_id: int, now: datetime) -> None:
        nothing = Outcome(Decimal(0), None, completed=False, criteria=(False,))
        services.reconsider(session, activity_id=found.id, member_id=member_id, outcome=nothing, source="x", now=now)

    who = school.member.member_id
    from_traces = evaluation("quiz", evaluate, traces=lambda _id: (select(Activity.id * 0 + who),))
    want(database, activity, 50)
    assert from_traces.run(runtime, clock.now()) == 1
    assert school.result(activity.id, school.member) is None
