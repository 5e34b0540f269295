"""By whose word a course is copied (CT-07, CT-08), and what never says which activity is meant (CP-05, CP-07)."""

from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.models import Enrolment, Member
from lti_tool.launch.rules.custom import is_history_trusted
from tests.lti.copying import Lms, Source, ages


def test_CT_07_pasted_token_gives_a_teacher_of_another_course_nothing(lms: Lms, source: Source) -> None:
    pasted = {"activity": source.tasks["quiz"].token}
    for role in ("Instructor", "Learner"):
        landed = lms.launch(person="stranger", role=role, course="mine", link=f"l-{role}", custom=pasted)
        known_nothing = lms.launch(
            person="stranger", role=role, course="mine", link=f"m-{role}", custom={"activity": "f" * 32}
        )
        assert landed.activity_id is known_nothing.activity_id is None
        assert (landed.choice_id is None) == (known_nothing.choice_id is None)
    assert lms.outline("mine") == {}
    assert ages(lms.database) == []


def test_CT_07_instructor_of_both_courses_may(lms: Lms, source: Source) -> None:
    pasted = {"activity": source.tasks["quiz"].token}
    landed = lms.launch(person="teacher", role="Instructor", course="mine", link="q", custom=pasted)
    assert landed.activity_id == lms.outline("mine")["Quiz"].id
    # Then the link shows something, and members follow it.
    assert lms.launch(person="member1", course="mine", link="q", custom=pasted).activity_id == landed.activity_id


def test_CT_07_who_was_instructor_there_once_may(lms: Lms, source: Source) -> None:
    lms.launch(person="teacher", role="Learner", course="course-1", link="quiz")
    with lms.database.reading() as session:
        row = session.execute(select(Enrolment.role, Enrolment.has_taught).join(Member).where(Member.sub == "teacher"))
        assert tuple(row.one()) == ("member", True)
    pasted = {"activity": source.tasks["quiz"].token}
    assert lms.launch(person="teacher", role="Instructor", course="mine", link="q", custom=pasted).kind == "quiz"


@pytest.mark.parametrize("there", ["Learner", "TeachingAssistant", None])
def test_CT_07_who_was_there_without_teaching_may_not(lms: Lms, source: Source, there: str | None) -> None:
    if there:
        lms.launch(person="other", role=there, course="course-1", link="quiz")
    pasted = {"activity": source.tasks["quiz"].token}
    landed = lms.launch(person="other", role="Instructor", course="mine", link="q", custom=pasted)
    assert landed.activity_id is None
    assert lms.outline("mine") == {}


@pytest.mark.parametrize("here", ["Learner", "TeachingAssistant"])
def test_CT_07_teacher_of_the_source_who_only_learns_here_may_not(lms: Lms, source: Source, here: str) -> None:
    pasted = {"activity": source.tasks["quiz"].token}
    landed = lms.launch(person="teacher", role=here, course="mine", link="q", custom=pasted)
    assert landed.activity_id is None
    assert lms.outline("mine") == {}


def test_CT_08_history_of_another_tenant_or_deployment_says_nothing(
    database: Database, clock: FakeClock, lms: Lms, source: Source
) -> None:
    for stranger in (Lms.registered(database, clock.now(), name="two"), lms.another_deployment("2")):
        custom = source.custom("quiz", links=("quiz",))
        landed = stranger.launch(person="member1", course="copy", link="q", custom=custom)
        assert landed.activity_id is None
        assert stranger.outline("copy") == {}
    assert ages(database) == []


def test_CT_08_same_person_at_another_school_is_somebody_else(
    database: Database, clock: FakeClock, lms: Lms, source: Source
) -> None:
    other = Lms.registered(database, clock.now(), name="two")
    other.launch(person="teacher", role="Instructor", course="course-1", link="x")
    pasted = {"activity": source.tasks["quiz"].token}
    assert other.launch(person="teacher", role="Instructor", course="mine", link="q", custom=pasted).activity_id is None


@pytest.mark.parametrize(
    ("family", "chosen", "is_trusted"),
    [
        ("moodle", None, True),
        (" Canvas ", None, True),
        ("BlackboardLearn", None, True),
        ("desire2learn", None, True),
        ("sakai", None, True),
        ("openedx", None, False),
        ("Open edX", None, False),
        ("chaoxing", None, False),
        ("", None, False),
        ("moodle", False, False),
        ("openedx", True, True),
        ("", True, True),
    ],
)
def test_CT_05_histories_are_trusted_where_the_lms_fills_them_in_or_the_operator_says_so(
    family: str, chosen: bool | None, is_trusted: bool
) -> None:
    assert is_history_trusted(family, chosen) is is_trusted


@pytest.mark.parametrize(("family", "chosen"), [("openedx", None), ("", None), ("moodle", False)])
def test_CT_05_histories_that_teachers_could_have_typed_count_for_nothing(
    database: Database, clock: FakeClock, family: str, chosen: bool | None
) -> None:
    lms = Lms.registered(database, clock.now(), family=family, trusts_history=chosen)
    source = Source(lms)
    # Only the histories speak: the token is one that was never given out.
    custom = source.custom("quiz", links=("quiz",)) | {"activity": "f" * 32}
    landed = source.copy("copy", custom=custom, role="Instructor", person="other")
    assert landed.activity_id is None
    assert lms.outline("copy") == {}


def test_CT_05_histories_are_followed_where_the_operator_trusts_them(database: Database, clock: FakeClock) -> None:
    lms = Lms.registered(database, clock.now(), family="openedx", trusts_history=True)
    source = Source(lms)
    custom = source.custom("quiz", links=("quiz",)) | {"activity": "f" * 32}
    assert source.copy("copy", custom=custom).kind == "quiz"


def test_CT_07_own_courses_token_still_counts_where_histories_do_not(database: Database, clock: FakeClock) -> None:
    source = Source(Lms.registered(database, clock.now(), family="moodle", trusts_history=False))
    landed = source.copy("copy", "q", "quiz", role="Instructor", person="teacher")
    assert landed.kind == "quiz"


def test_link_that_shows_something_is_not_taken_elsewhere(lms: Lms, source: Source) -> None:
    landed = lms.launch(
        person="member1", course="course-1", link="quiz", custom=source.custom("lesson", history=("other",))
    )
    assert landed.activity_id == source.tasks["quiz"].id


def test_CP_05_what_a_link_shows_does_not_come_from_the_address(lms: Lms, source: Source) -> None:
    uri = "https://purl.imsglobal.org/spec/lti/claim/target_link_uri"
    with lms.database.writing_core() as connection:
        arrival = lms.arrival(
            connection, person="member1", course="course-1", link="quiz",
            **{uri: f"https://tool.example/lti/launch?activity={source.tasks['lesson'].token}&lesson=2"},
        )  # fmt: skip
    assert arrival.claims.custom.activity_token is None
    assert lms.launch(person="member1", course="course-1", link="quiz").activity_id == source.tasks["quiz"].id


@pytest.mark.parametrize("custom", [None, {}, {"context_id_history": "$Context.id.history", "user": "$User.username"}])
def test_CP_07_variables_that_are_not_granted_change_nothing(lms: Lms, source: Source, custom: Any) -> None:
    landed = lms.launch(person="member1", course="course-1", link="quiz", custom=custom)
    assert landed.activity_id == source.tasks["quiz"].id
    assert lms.launch(person="member1", course="new", link="new", custom=custom).activity_id is None
