"""What a copy is, and that there is one (CT-05)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import Context, Member
from lti_tool.ledger import services as ledger
from lti_tool.ledger.copying import copied_status
from lti_tool.ledger.models import (
    Activity,
    ActivityStatus,
    AuditEvent,
    Entry,
    LineItem,
    Override,
    Placement,
    Result,
    ScorePost,
)
from lti_tool.ledger.rules import Outcome
from tests.lti.copying import TASKS, Lms, Source, ages


def test_CT_05_members_launch_copies_the_whole_outline_once(lms: Lms, source: Source) -> None:
    landed = source.copy("copy", task="quiz")
    copied = lms.outline("copy")
    assert list(copied) == ["Course copy", "Lesson", "Quiz", "Forum"]
    assert landed.activity_id == copied["Quiz"].id
    assert landed.kind == "quiz"
    home = copied.pop("Course copy")
    assert (home.origin_id, home.parent_id) == (source.tasks["home"].id, None)
    for title, each in copied.items():
        original = source.tasks[title.lower()]
        assert (each.origin_id, each.lineage, each.parent_id) == (original.id, original.token, home.id)
        assert each.token != original.token
        assert (each.status, each.criteria, each.maximum) == (ActivityStatus.published, original.criteria, 100)
    assert copied["Lesson"].section == "1"
    before = lms.count(Activity)
    for task in TASKS:
        source.copy("copy", task=task, person="member2")
    assert lms.count(Activity) == before
    assert ages(lms.database) == [(lms.context_id("copy"), lms.context_id("course-1"), True)]


def test_CT_05_what_anybody_did_or_was_given_stays(lms: Lms, source: Source, clock: FakeClock) -> None:
    lesson, course = source.tasks["lesson"], lms.context_id("course-1")
    lms.launch(person="member1", course="course-1", link="lesson", custom=source.custom("lesson", history=()))
    with lms.database.writing() as session:
        member = session.scalars(select(Member.id).where(Member.sub == "member1")).one()
        ledger.set_override(
            session, activity_id=lesson.id, member_id=member, actor=source.actor(session, course), reason="ill",
            now=clock.now(), extra_seconds=60,
        )  # fmt: skip
        ledger.record(
            session, activity_id=lesson.id, member_id=member, outcome=Outcome(Decimal(1), Decimal(9), completed=True),
            verb="completed", source="x:1", now=clock.now(),
        )  # fmt: skip
    stood = [lms.count(table) for table in (Result, Entry, Override, ScorePost)]
    assert all(stood[:3])
    source.copy("copy", person="member1")
    copied = [each.id for each in lms.outline("copy").values()]
    for table, count in zip((Result, Entry, Override, ScorePost), stood, strict=True):
        assert lms.count(table) == count, table
    # The link's column is a new one, of the copy.
    assert lms.count(LineItem, LineItem.activity_id.in_(copied)) == 1


def test_CT_05_dates_are_taken_off_and_what_had_an_opening_waits_as_a_draft(
    lms: Lms, source: Source, clock: FakeClock
) -> None:
    soon = clock.now() + timedelta(days=3)
    lms.change(source.tasks["lesson"], due_at=soon, closes_at=soon)
    lms.change(source.tasks["quiz"], opens_at=soon, due_at=soon)
    landed = source.copy("copy", task="quiz")
    copied = lms.outline("copy")
    for each in copied.values():
        assert (each.opens_at, each.due_at, each.closes_at) == (None, None, None)
    assert copied["Lesson"].status is ActivityStatus.published
    assert copied["Quiz"].status is ActivityStatus.draft
    # The link shows it already; members see "not set up yet" until the teacher has given it a date and published it.
    assert (lms.shown_by("copy", "copy-quiz"), landed.activity_id) == (copied["Quiz"].id, None)
    teacher = source.copy("copy", task="quiz", person="teacher", role="Instructor")
    assert teacher.activity_id == copied["Quiz"].id


@pytest.mark.parametrize(
    ("status", "opens", "copied"),
    [
        ("published", None, "published"),
        ("published", datetime(2026, 1, 1, tzinfo=UTC), "draft"),
        ("draft", None, "draft"),
        ("archived", None, "draft"),
    ],
)
def test_state_of_a_copy(status: str, opens: datetime | None, copied: str) -> None:
    assert copied_status(ActivityStatus(status), opens) == copied


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(TASKS), roles=st.lists(st.sampled_from(("Learner", "Instructor")), min_size=4, max_size=4))
def test_CT_05_any_order_of_links_gives_the_same_copy(
    lms: Lms, source: Source, order: tuple[str, ...], roles: list[str]
) -> None:
    course = f"copy-{''.join(order)}-{'-'.join(roles)}"
    for number, (task, role) in enumerate(zip(order, roles, strict=True)):
        landed = source.copy(course, task=task, role=role, person=f"person-{number}")
        assert landed.kind == source.tasks[task].kind
    copied = lms.outline(course)
    assert [each.kind for each in copied.values()] == ["outline", "lesson", "quiz", "forum"]
    assert {each.origin_id for each in copied.values()} == {each.id for each in source.tasks.values()}


def test_CT_05_course_that_has_a_home_keeps_it_and_takes_the_tasks_in(lms: Lms, source: Source) -> None:
    other = Source(lms, "course-2", "teacher2")
    before = lms.outline("course-2")
    landed = lms.launch(person="member1", course="course-2", link="pasted", custom=source.custom("quiz"))
    after = lms.outline("course-2")
    homes = [each for each in after.values() if each.kind == "outline"]
    assert [each.id for each in homes] == [other.tasks["home"].id]
    new = [each for each in after.values() if each.origin_id is not None]
    assert {each.parent_id for each in new} == {homes[0].id}
    assert all(new[0].position > each.position for each in before.values())
    assert landed.kind == "quiz"
    # A link to the source's home leads to the home that is there.
    home = lms.launch(person="member1", course="course-2", link="home-2", custom=source.custom("home"))
    assert home.activity_id == homes[0].id
    assert homes[0].outline_version > before["入门课"].outline_version


def test_CT_05_copies_of_copies_come_from_the_nearest(lms: Lms, source: Source) -> None:
    source.copy("second")
    lms.change(lms.outline("second")["Lesson"], title="Lesson, better")
    landed = source.copy("third", custom=source.custom(history=("second", "course-1")))
    third = lms.outline("third")
    assert list(third) == ["Course third", "Lesson, better", "Quiz", "Forum"]
    assert landed.activity_id == third["Lesson, better"].id
    second = lms.outline("second")
    assert third["Quiz"].origin_id == second["Quiz"].id
    assert third["Quiz"].lineage == source.tasks["quiz"].token
    ids = {name: lms.context_id(name) for name in ("course-1", "second", "third")}
    assert ages(lms.database) == [
        (ids["second"], ids["course-1"], True),
        (ids["third"], ids["course-1"], False),
        (ids["third"], ids["second"], True),
    ]


def test_CT_05_a_copy_nobody_opened_in_between_is_passed_over(lms: Lms, source: Source) -> None:
    source.copy("third", custom=source.custom(history=("never-opened", "course-1")))
    assert lms.outline("third")["Quiz"].origin_id == source.tasks["quiz"].id


def test_CT_05_link_made_in_the_copy_travels_on_by_its_own_token(lms: Lms, source: Source) -> None:
    source.copy("second")
    own = lms.outline("second")["Quiz"]
    custom = {"activity": own.token, "context_id_history": "second,course-1"}
    landed = lms.launch(person="member1", course="third", link="q", custom=custom)
    assert landed.activity_id == lms.outline("third")["Quiz"].id


def test_CT_05_link_without_a_token_is_known_by_its_own_history(lms: Lms, source: Source) -> None:
    custom = {"resource_link_id_history": "quiz"}
    landed = lms.launch(person="member1", course="copy", link="new-7", custom=custom)
    assert landed.activity_id == lms.outline("copy")["Quiz"].id
    assert len(lms.outline("copy")) == 4
    both = {"context_id_history": "course-1", "resource_link_id_history": "unknown,forum"}
    assert lms.launch(person="member1", course="copy", link="new-8", custom=both).kind == "forum"


def test_CT_05_course_history_alone_copies_but_does_not_guess_what_the_link_showed(lms: Lms, source: Source) -> None:
    landed = lms.launch(
        person="teacher9", role="Instructor", course="copy", link="quiz", custom={"context_history": "course-1"}
    )
    assert len(lms.outline("copy")) == 4
    assert (landed.activity_id, landed.choice_id is not None) == (None, True)


def test_CT_05_archived_at_the_source_is_not_copied(lms: Lms, source: Source) -> None:
    lms.change(source.tasks["quiz"], status=ActivityStatus.archived)
    landed = source.copy("copy", task="quiz")
    assert "Quiz" not in lms.outline("copy")
    assert (landed.activity_id, landed.choice_id) == (None, None)
    assert source.copy("copy", task="lesson").kind == "lesson"


def test_CT_05_draft_at_the_source_is_a_draft_in_the_copy(lms: Lms, source: Source) -> None:
    lms.change(source.tasks["quiz"], status=ActivityStatus.draft)
    assert source.copy("copy", task="quiz").activity_id is None
    assert lms.outline("copy")["Quiz"].status is ActivityStatus.draft


def test_CT_05_token_of_what_is_deleted_at_the_source_leaves_the_link_unset(lms: Lms, source: Source) -> None:
    gone = source.custom() | {"activity": "f" * 32}
    landed = source.copy("copy", custom=gone, person="teacher9", role="Instructor")
    assert len(lms.outline("copy")) == 4
    assert landed.choice_id is not None


def test_CT_05_what_came_to_the_source_later_follows_its_own_link(lms: Lms, source: Source) -> None:
    source.copy("copy")
    course = lms.context_id("course-1")
    with lms.database.writing() as session:
        late = ledger.create_activity(
            session, context_id=course, kind="forum", title="Late", now=lms.now, criteria=[],
            parent_id=source.tasks["home"].id,
        )  # fmt: skip
        ledger.publish(session, late)
    source.copy("copy", task="quiz")
    assert "Late" not in lms.outline("copy")
    custom = {"activity": late.token, "context_id_history": "course-1"}
    landed = lms.launch(person="member1", course="copy", link="late", custom=custom)
    copied = lms.outline("copy")
    assert landed.activity_id == copied["Late"].id
    assert copied["Late"].parent_id == copied["Course copy"].id
    assert len(copied) == 5


def test_CT_05_what_was_archived_in_the_copy_does_not_come_back(lms: Lms, source: Source) -> None:
    source.copy("copy")
    lms.change(lms.outline("copy")["Quiz"], status=ActivityStatus.archived)
    assert source.copy("copy", task="quiz").activity_id is None
    assert len(lms.outline("copy")) == 4


def test_CT_05_both_courses_know_who_began_the_copy(lms: Lms, source: Source) -> None:
    source.copy("copy")
    with lms.database.reading() as session:
        rows = session.execute(select(AuditEvent.context_id, AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [tuple(row) for row in rows] == [
        (lms.context_id("copy"), "copied_from"),
        (lms.context_id("course-1"), "copied_to"),
    ]


def test_CT_05_links_that_stand_alone_are_copied_one_by_one(lms: Lms, source: Source) -> None:
    context = "https://purl.imsglobal.org/spec/lti/claim/context"
    alone: dict[str, Any] = {context: None}
    lms.launch(person="teacher", role="Instructor", course="", link="alone", **alone)
    with lms.database.reading() as session:
        course = session.scalars(select(Context.id).where(Context.context_key == "l:alone")).one()
    with lms.database.writing() as session:
        made = ledger.create_activity(
            session, context_id=course, kind="forum", title="Alone", now=lms.now, criteria=[]
        )  # fmt: skip
        ledger.publish(session, made)
        session.execute(update(Placement).where(Placement.context_id == course).values(activity_id=made.id))
    custom = {"resource_link_id_history": "alone"}
    landed = lms.launch(person="member1", course="", link="alone-2", custom=custom, **alone)
    with lms.database.reading() as session:
        copied = session.scalars(select(Activity).where(Activity.origin_id == made.id)).one()
    assert landed.activity_id == copied.id
    # A history of courses says nothing about links that stand alone, whatever their ids are.
    odd = lms.launch(person="member1", course="", link="x", custom={"context_id_history": "alone"}, **alone)
    assert odd.activity_id is None
