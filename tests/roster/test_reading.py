"""Rosters from the demo LMS: what is read, and what follows from what was and was not read (case list, NR)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from lti_tool.core import jobs
from lti_tool.core.jobs import Job
from lti_tool.demo.names import ROSTER_CLAIM
from lti_tool.identity import erased
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Enrolment, Member, Registration
from lti_tool.lms.work import READ_ROSTER
from lti_tool.roster import merging, queries, reading, rules, services
from lti_tool.roster.models import SyncState
from tests.roster.conftest import Roster
from tests.transactions import rows_written

MEMBERS = {"member1", "member2", "member3", "member4", "both"}
DAY = timedelta(days=1)


def test_NR_01_members_are_taken_over_by_user_id(roster: Roster) -> None:
    people = roster.people()
    assert people.keys() == MEMBERS | {"teacher"}
    assert people["member1"].name == "李小明"
    assert {people[each].role for each in MEMBERS} == {Role.member}
    assert people["teacher"].role is Role.instructor
    assert all(each.is_active and each.is_listed for each in people.values())
    assert roster.world.lms.refusals() == [], "type, scope and token are what the platform wants"


def test_NR_01_launch_after_the_roster_meets_the_same_person(roster: Roster) -> None:
    roster.visit("member1")
    assert len(roster.people()) == len(MEMBERS) + 1
    assert roster.people()["member1"].last_launch_at is not None


@pytest.mark.parametrize("profile", ["plain", "moodle"])
def test_NR_02_list_in_pages_is_read_to_its_end(roster: Roster, profile: str) -> None:
    roster.world.lms.profile(profile)
    roster.world.lms.roster(page=2)
    roster.world.lms.enrol("member5")
    before = roster.sync().run
    sync = roster.read()
    assert (sync.state, sync.pages, sync.run) == (SyncState.done, 4, before + 1)
    assert len([each for each in roster.people().values() if each.is_listed]) == 7


def test_NR_02_what_we_ask_for_stands_once_in_each_address(roster: Roster) -> None:
    roster.world.lms.roster(page=2)
    asked = roster.context().memberships_url + "?limit=3"
    roster.change_url(asked)
    assert roster.read().pages == 3, "the limit that stood there was not written a second time"


@pytest.mark.parametrize(
    ("status", "is_active"), [("Active", True), ("Inactive", False), ("Deleted", False), ("Pending", False)]
)
def test_NR_03_status_of_a_member(roster: Roster, status: str, is_active: bool) -> None:
    roster.visit("member1")
    roster.world.lms.enrol("member1", status=status)
    roster.read()
    found = roster.people()["member1"]
    assert (found.is_active, found.name) == (is_active, "李小明"), "hidden, and kept"


def test_NR_03_somebody_who_left_before_we_knew_him_is_not_taken_over(roster: Roster) -> None:
    roster.world.lms.enrol("member5", status="Inactive")
    roster.read()
    assert "member5" not in roster.people()


@pytest.mark.parametrize("profile", ["plain", "moodle"])
def test_NR_04_vanished_member_is_inactive_after_a_complete_reading(roster: Roster, profile: str) -> None:
    roster.world.lms.unenrol("member1")
    roster.read()
    people = roster.people()
    assert not people["member1"].is_active
    assert people["member2"].is_active
    roster.world.lms.enrol("member1")
    roster.read()
    assert roster.people()["member1"].is_active


def test_NR_04_who_launches_while_the_list_is_read_stays(roster: Roster) -> None:
    roster.visit("member1")
    roster.world.lms.unenrol("member1")
    roster.clock.advance(timedelta(minutes=-3))
    roster.read()
    assert roster.people()["member1"].is_active, "his launch is younger than the beginning of the reading"


def test_NR_04_who_launches_between_the_look_and_the_hiding_stays(roster: Roster) -> None:
    roster.visit("member1")
    began = _begin(roster)
    with roster.runtime.database.reading_core() as connection:
        absent, _ = merging.absent_after(connection, began, 0)
    roster.visit("member1")
    with roster.runtime.database.writing_core() as connection:
        merging.retire(connection, began, absent)
    assert {sub for sub, each in roster.people().items() if each.is_active} == {"member1"}, "nobody else is in staging"


@pytest.mark.parametrize("most", [1, 2, 3, 1000])
def test_NR_04_everybody_of_the_course_is_looked_for_once(roster: Roster, most: int) -> None:
    began, found = _begin(roster), list[int]()
    after: int | None = 0
    while after is not None:
        with roster.runtime.database.reading_core() as connection:
            absent, after = merging.absent_after(connection, began, after, most)
        found += absent
    with roster.runtime.database.reading_core() as connection:
        everybody = connection.scalars(select(Enrolment.id).where(Enrolment.is_active)).all()
    assert sorted(found) == sorted(everybody), "staging is empty, so that nobody is named"


@pytest.mark.parametrize(
    ("fault", "cause", "comes_again"),
    [
        ({"kind": "status", "status": 500}, "silent", True),
        ({"kind": "status", "status": 429}, "busy", True),
        ({"kind": "close"}, "silent", True),
        ({"kind": "html"}, "odd", False),
        ({"kind": "status", "status": 404}, "gone", False),
        ({"kind": "status", "status": 403}, "forbidden", False),
    ],
)
def test_NR_05_reading_that_breaks_off_changes_nothing(
    roster: Roster, fault: dict[str, object], cause: str, comes_again: bool
) -> None:
    lms = roster.world.lms
    before, complete_at = roster.people(), roster.sync().complete_at
    lms.roster(page=2)
    lms.unenrol("member4")
    lms.control("POST", "person", {"id": "both", "family_name": "周", "given_name": "新名"})
    roster.ask()
    _fail_on_page(roster, 3, fault)
    assert roster.work() == [READ_ROSTER]
    sync = roster.sync()
    assert (sync.state, sync.cause, sync.complete_at) == (SyncState.failed, cause, complete_at)
    assert roster.people() == before
    assert roster.staged() == 0
    assert bool(_jobs(roster)) is comes_again


def _fail_on_page(roster: Roster, page: int, fault: dict[str, object]) -> None:
    """Let the LMS give `page` - 1 pages, and then do something else."""
    plan = {key: value for key, value in fault.items() if key != "kind"}
    roster.world.lms.fault("memberships", str(fault["kind"]), skip=page - 1, **plan)


def _jobs(roster: Roster) -> list[Job]:
    with roster.runtime.database.reading() as session:
        return list(session.scalars(select(Job).where(Job.name == READ_ROSTER)))


def test_NR_05_reading_is_taken_up_again_and_ends_well(roster: Roster) -> None:
    roster.world.lms.roster(page=2)
    roster.world.lms.unenrol("member4")
    roster.ask()
    _fail_on_page(roster, 2, {"kind": "status", "status": 503, "times": 1})
    assert roster.work() == [READ_ROSTER]
    assert roster.sync().state is SyncState.failed
    assert roster.work() == [], "not at once"
    roster.clock.advance(timedelta(minutes=2))
    assert roster.work() == [READ_ROSTER]
    assert (roster.sync().state, roster.sync().failures) == (SyncState.done, 0)
    assert not roster.people()["member4"].is_active


def test_NR_05_list_with_somebody_we_cannot_name_hides_nobody(roster: Roster) -> None:
    roster.world.lms.unenrol("member1")
    roster.world.lms.control("POST", "person", {"id": "x" * 300, "family_name": "长", "given_name": "名"})
    roster.world.lms.enrol("x" * 300)
    assert roster.read().state is SyncState.done
    assert roster.people()["member1"].is_active


def test_NR_05_empty_list_is_not_believed(roster: Roster) -> None:
    before = roster.people()
    for person in before:
        roster.world.lms.unenrol(person)
    sync = roster.read()
    assert (sync.state, sync.cause) == (SyncState.failed, "empty")
    assert roster.people() == before


def test_NR_06_differences_are_asked_for_where_they_are_offered(roster: Roster) -> None:
    lms = roster.world.lms
    lms.roster(differences=True)
    assert roster.read().differences_url is not None
    lms.enrol("member5")
    lms.enrol("member1", status="Deleted")
    lms.unenrol("member2")
    sync = roster.read(full=False)
    people = roster.people()
    assert (people["member5"].is_active, people["member1"].is_active) == (True, False)
    assert people["member2"].is_active, "who is not among the differences has not changed"
    assert sync.listed == 6
    roster.read()
    assert not roster.people()["member2"].is_active


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 404}, {"kind": "status", "status": 500}, {"kind": "html"}]
)
def test_NR_06_differences_that_are_not_to_be_had_are_read_in_full(roster: Roster, fault: dict[str, object]) -> None:
    roster.world.lms.roster(differences=True)
    roster.read()
    roster.world.lms.unenrol("member2")
    roster.world.lms.fault("memberships", times=1, **fault)  # type: ignore[arg-type]  # a plan's values are of any kind
    sync = roster.read(full=False)
    assert sync.state is SyncState.done
    assert not roster.people()["member2"].is_active


def _alone(roster: Roster) -> None:
    """The link stands alone: the launches say no course."""
    with roster.runtime.database.writing_core() as connection:
        connection.execute(update(Context).values(context_key="l:link-a"))


def test_NR_07_link_without_a_course_asks_for_its_own_list(roster: Roster) -> None:
    url = roster.context().memberships_url
    _alone(roster)
    roster.change_url(f"{url}?rlid=link-a")
    roster.read(key="l:link-a")
    assert len([each for each in roster.people("l:link-a").values() if each.is_listed]) == 6


def test_NR_07_refused_list_of_a_link_is_the_courses(roster: Roster) -> None:
    _alone(roster)
    roster.world.lms.roster(refuses_links=True)
    roster.world.lms.enrol("member5")
    roster.read(key="l:link-a")
    assert "member5" in roster.people("l:link-a")


def test_NR_08_messages_for_single_people_are_not_needed_and_change_nothing(roster: Roster) -> None:
    """Dates of a link come with its launches (decision 20); what else stands there is of no interest."""
    url = roster.context().memberships_url
    before = roster.people()
    _alone(roster)
    roster.change_url(f"{url}?rlid=link-a")
    assert roster.read(key="l:link-a").state is SyncState.done
    found = {sub: each for sub, each in roster.people("l:link-a").items() if each.is_listed}
    assert found == before


@pytest.mark.parametrize("message", [None, "text", [], [{"custom": {"activity": "x"}, "roles": ["Instructor"]}], [7]])
def test_NR_08_odd_messages_are_overlooked(message: object) -> None:
    item = {"user_id": "u", "name": "李小明", "roles": ["Learner"]}
    assert rules.read_member(item | {"message": message}, {}) == rules.read_member(item, {})


def test_NR_09_members_without_names_get_pseudonyms_and_keep_names_we_know(roster: Roster) -> None:
    roster.world.lms.roster(anonymous=True)
    roster.world.lms.enrol("member5")
    roster.read()
    people = roster.people()
    assert people["member1"].name == "李小明"
    assert people["member5"].name.startswith("成员 ")
    roster.visit("member5", "link-c")
    assert roster.people()["member5"].name == "吴桐", "the launch says who it is"
    roster.work()
    roster.read()
    assert roster.people()["member5"].name == "吴桐"


def test_NR_11_who_never_launched_is_listed_without_a_launch(roster: Roster) -> None:
    people = roster.people()
    assert people["member3"].last_launch_at is None
    assert people["teacher"].last_launch_at is not None


@pytest.mark.parametrize(
    ("setting", "fault", "cause"),
    [
        ({"most": 3}, None, "forbidden"),
        ({}, 404, "gone"),
        ({}, 429, "busy"),
    ],
)
def test_NR_12_roster_that_is_refused_leaves_launches_alone(
    roster: Roster, setting: dict[str, int], fault: int | None, cause: str
) -> None:
    roster.world.lms.roster(**setting)
    if fault:
        roster.world.lms.fault("memberships", "status", status=fault)
    before = roster.people()
    sync = roster.read()
    assert (sync.state, sync.cause) == (SyncState.failed, cause)
    assert roster.people() == before
    roster.visit("member2")
    assert roster.people()["member2"].last_launch_at == roster.clock.now()


def test_ID_12_roster_does_not_bring_back_who_was_erased(roster: Roster) -> None:
    with roster.runtime.database.writing_core() as connection:
        found = connection.execute(select(Member.id, Member.registration_id).where(Member.sub == "member1")).one()
        erased.remember(connection, roster.runtime.keys, found.registration_id, "member1")
        erased.anonymise(connection, found.id)
        connection.execute(delete(Enrolment).where(Enrolment.member_id == found.id))
    roster.read()
    assert "李小明" not in {each.name for each in roster.people().values()}
    assert "member1" not in roster.people()
    roster.visit("member1")
    assert roster.people()["member1"].name == "李小明", "who launches has come back by his own act"


def test_ID_12_who_is_erased_between_the_list_and_its_merging_is_not_brought_back(roster: Roster) -> None:
    began, keys = _begin(roster), roster.runtime.keys
    listed = [rules.Listed(sub, sub, Role.member, gradable=True, is_active=True) for sub in ("new1", "new2")]
    with roster.runtime.database.writing_core() as connection:
        services.stage(connection, keys, began, listed, [each.name for each in listed])
        registration_id = connection.scalars(select(Member.registration_id)).first()
        assert registration_id is not None
        erased.remember(connection, keys, registration_id, "new1")
    with roster.runtime.database.writing_core() as connection:
        assert merging.merge(connection, keys, began, "", roster.clock.now()) == "new2"
    assert roster.people().keys() & {"new1", "new2"} == {"new2"}


def test_NR_12_retry_after_is_kept(roster: Roster) -> None:
    roster.world.lms.fault("memberships", "status", status=429, headers={"Retry-After": "600"})
    roster.read()
    assert [job.due_at for job in _jobs(roster)] == [roster.clock.now() + timedelta(seconds=600)]


def test_NR_13_a_thousand_members_come_in_short_transactions(roster: Roster) -> None:
    roster.world.lms.control("POST", "members", {"course": "course-1", "count": 1000})
    with rows_written(roster.runtime.database.engine) as written:
        sync = roster.read()
    assert (sync.state, sync.listed, sync.pages) == (SyncState.done, 1006, 11)
    assert max(written) <= 500
    assert sum(written) >= 3 * 1000, "staged, a person, a place in the course"
    assert len(roster.people()) == 1006
    assert roster.staged() == 0


def test_NR_15_filter_that_is_overlooked_changes_nothing(roster: Roster) -> None:
    before = roster.people()
    roster.world.lms.roster(ignores_role=True)
    roster.change_url(roster.context().memberships_url + "?role=Instructor")
    assert roster.read().state is SyncState.done
    assert roster.people() == before


@pytest.mark.parametrize("profile", ["plain", "moodle"])
def test_short_and_long_role_names_mean_the_same(roster: Roster, profile: str) -> None:
    roster.world.lms.profile(profile)
    roster.read()
    roles = {each.name: each.role for each in roster.people().values()}
    assert (roles["张丽华"], roles["李小明"]) == (Role.instructor, Role.member)


def test_moodle_names_are_put_in_chinese_order(roster: Roster) -> None:
    roster.world.lms.profile("moodle")
    roster.read()
    assert "李小明" in {each.name for each in roster.people().values()}, "fullnamedisplay gave 小明 李"


def test_roles_of_the_registrations_own_table_count_in_the_roster_too(roster: Roster) -> None:
    with roster.runtime.database.writing_core() as connection:
        connection.execute(
            update(Registration).values(
                role_overrides={"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner": "assistant"}
            )
        )
    roster.read()
    assert roster.people()["member1"].role is Role.assistant
    assert not roster.people()["member1"].gradable


def test_roster_of_another_course_is_not_taken(roster: Roster) -> None:
    before = roster.people()
    roster.change_url(roster.context().memberships_url.replace("course-1", "course-2"))
    sync = roster.read()
    assert (sync.state, sync.cause) == (SyncState.failed, "other_course")
    assert roster.people() == before, "a site-wide token reads any course"


def test_address_on_a_foreign_host_gets_no_token(roster: Roster) -> None:
    roster.change_url("https://elsewhere.example/members")
    assert roster.read().cause == "foreign"


def test_launch_without_the_claim_keeps_the_address(roster: Roster) -> None:
    known = roster.context().memberships_url
    changes: dict[str, Any] = {ROSTER_CLAIM: None}
    answer = roster.world.forge(roster.world.browser(), person="member1", **changes)
    assert answer.status_code == 303
    assert roster.context().memberships_url == known


@pytest.mark.parametrize(
    "claim",
    [
        {"context_memberships_url": "javascript:alert(1)", "service_versions": ["2.0"]},
        {"context_memberships_url": "https://lms.example/m", "service_versions": ["1.0"]},
        {"context_memberships_url": 7},
        "text",
    ],
)
def test_odd_roster_claim_counts_as_absent(roster: Roster, claim: object) -> None:
    known = roster.context().memberships_url
    changes: dict[str, Any] = {ROSTER_CLAIM: claim}
    answer = roster.world.forge(roster.world.browser(), person="member1", **changes)
    assert (answer.status_code, roster.context().memberships_url) == (303, known)


def test_launches_ask_for_the_roster_every_six_hours(roster: Roster) -> None:
    roster.visit("member1")
    assert roster.work() == []
    roster.clock.advance(timedelta(hours=6))
    roster.visit("member2")
    assert roster.work() == [READ_ROSTER]


def test_reading_twice_changes_nothing(roster: Roster) -> None:
    before = roster.people()
    roster.read()
    assert roster.people() == before


def test_reading_that_was_overtaken_writes_nothing(roster: Roster) -> None:
    first = _begin(roster)
    _begin(roster)
    with roster.runtime.database.writing_core() as connection, pytest.raises(services.Superseded):
        services.stage(connection, roster.runtime.keys, first, [], [])


def _begin(roster: Roster) -> services.Reading:
    """A reading that has begun, a minute later than what was before, with nothing in staging."""
    roster.clock.advance(timedelta(minutes=1))
    context_id = roster.context().id
    with roster.runtime.database.reading_core() as connection:
        course = queries.course_to_read(connection, context_id)
    assert course is not None
    with roster.runtime.database.writing_core() as connection:
        return services.begin(connection, course, roster.clock.now())


def test_ages_by_registration(roster: Roster) -> None:
    roster.visit("teacher2", "link-c")
    roster.clock.advance(timedelta(hours=1))
    with roster.runtime.database.reading_core() as connection:
        found = queries.roster_age_by_registration(connection, roster.clock.now())
    assert [(each.courses, each.never, each.failed) for each in found] == [(2, 1, 0)]
    assert found[0].oldest == timedelta(hours=1, minutes=1)
    roster.clock.advance(15 * DAY)
    with roster.runtime.database.reading_core() as connection:
        assert queries.roster_age_by_registration(connection, roster.clock.now()) == []


def test_night_asks_for_the_courses_in_use(roster: Roster) -> None:
    with roster.runtime.database.writing_core() as connection:
        jobs.ask(connection, name=reading.NIGHTLY, due_at=roster.clock.now())
    assert roster.work() == [reading.NIGHTLY, READ_ROSTER]
    roster.clock.advance(15 * DAY)
    assert roster.work() == [reading.NIGHTLY]
