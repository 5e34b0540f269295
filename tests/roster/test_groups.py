"""Groups from the demo LMS: from its groups service, its members' list, or each person's launch (case list, CG)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.identity.models import Context, Group, GroupMember, Member
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.ledger.models import Activity, Override
from lti_tool.roster.groups import launches, rules
from lti_tool.roster.models import SyncState
from tests.lms_client import CLAIM
from tests.lti.world import ORIGIN
from tests.roster.conftest import Roster

CUSTOM = CLAIM + "custom"


def groups(roster: Roster, key: str = "c:course-1") -> dict[str, set[str]]:
    """Who is in which group of a course: names of groups, ids of people."""
    with roster.runtime.database.reading() as session:
        rows = session.execute(
            select(Group.name, Member.sub)
            .select_from(Group)
            .join(Context, Context.id == Group.context_id)
            .outerjoin(GroupMember, GroupMember.group_id == Group.id)
            .outerjoin(Member, Member.id == GroupMember.member_id)
            .where(Context.context_key == key)
        ).all()
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.name, set()).update({row.sub} - {None})
    return found


def group(roster: Roster, external_id: str) -> Group:
    with roster.runtime.database.reading() as session:
        return session.scalars(select(Group).where(Group.external_id == external_id)).one()


@pytest.fixture
def grouped(roster: Roster) -> Roster:
    """The LMS has two groups, and a launch has said where to ask for them."""
    roster.world.lms.group("g1", "第一党小组", "member1", "member2")
    roster.world.lms.group("g2", "第二党小组", "member2", "member3")
    roster.visit("teacher")
    return roster


def test_CG_01_groups_of_the_service_have_names_and_people(grouped: Roster) -> None:
    sync = grouped.read()
    assert (sync.state, sync.groups_cause) == (SyncState.done, "")
    assert groups(grouped) == {"第一党小组": {"member1", "member2"}, "第二党小组": {"member2", "member3"}}
    assert group(grouped, "g1").source is GroupSource.service
    assert grouped.world.lms.refusals() == [], (
        "scope and type are what the platform wants, and nothing is asked of others"
    )


def test_CG_01_course_without_the_service_has_no_groups(roster: Roster) -> None:
    sync = roster.read()
    assert (sync.groups_cause, groups(roster)) == ("", {})


def test_CG_01_groups_follow_the_lms(grouped: Roster) -> None:
    grouped.read()
    first = group(grouped, "g1").id
    lms = grouped.world.lms
    lms.group("g1", "宣传组", "member3")
    lms.control("POST", "group", {"course": "course-1", "id": "g2", "name": "", "persons": None})
    grouped.read()
    assert groups(grouped) == {"宣传组": {"member3"}}
    assert group(grouped, "g1").id == first


def test_CG_02_all_pages_of_groups_are_read(grouped: Roster) -> None:
    grouped.world.lms.roster(page=1)
    grouped.world.lms.group("g3", "第三党小组", "member4")
    grouped.read()
    assert groups(grouped).keys() == {"第一党小组", "第二党小组", "第三党小组"}
    assert groups(grouped)["第三党小组"] == {"member4"}


def test_CG_02_group_of_another_course_is_nobodys(grouped: Roster) -> None:
    grouped.world.lms.group("elsewhere", "别的课程", "both", course="course-2")
    grouped.world.lms.roster(foreign_group="elsewhere")
    grouped.read()
    assert groups(grouped).keys() == {"第一党小组", "第二党小组"}
    grouped.visit("teacher2", "link-c")
    grouped.world.lms.roster()
    grouped.read(key="c:course-2")
    assert groups(grouped, "c:course-2") == {"别的课程": {"both"}}
    assert groups(grouped).keys() == {"第一党小组", "第二党小组"}


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "status", "status": 403}, "forbidden"),
        ({"kind": "status", "status": 500}, "silent"),
        ({"kind": "html"}, "odd"),
    ],
)
@pytest.mark.parametrize("page", [1, 2])
def test_CG_02_groups_that_break_off_change_nothing_and_leave_the_members_alone(
    grouped: Roster, fault: dict[str, Any], cause: str, page: int
) -> None:
    grouped.read()
    before = groups(grouped)
    lms = grouped.world.lms
    lms.group("g1", "宣传组", "member4")
    lms.roster(page=1)
    lms.enrol("member5")
    lms.fault("groups", skip=page - 1, **fault)
    sync = grouped.read()
    assert (sync.state, sync.groups_cause) == (SyncState.done, cause)
    assert groups(grouped) == before
    assert "member5" in grouped.people()


def test_CG_02_more_groups_than_a_course_can_have_are_not_believed(
    grouped: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST", 1)
    assert grouped.read().groups_cause == "too_large"
    assert groups(grouped) == {}


def test_members_list_alone_names_groups_by_their_ids(roster: Roster) -> None:
    roster.world.lms.roster(names_groups=True)
    roster.visit("teacher")
    roster.world.lms.group("7", "no name of it comes with the list", "member1")
    roster.read()
    assert groups(roster) == {"小组 7": {"member1"}}
    assert group(roster, "7").source is GroupSource.roster
    roster.visit("teacher")
    roster.read()
    assert groups(roster) == {"no name of it comes with the list": {"member1"}}, "the service was claimed since"


def test_list_that_does_not_speak_of_somebodys_groups_leaves_them(grouped: Roster) -> None:
    grouped.read()
    grouped.world.lms.group("g1", "第一党小组", "member1", "member2", "member4")
    with grouped.runtime.database.writing_core() as connection:
        connection.execute(update(Context).values(groups_url=None))
    grouped.read()
    assert groups(grouped)["第一党小组"] == {"member1", "member2"}


def test_group_that_is_gone_stays_for_its_exceptions(grouped: Roster) -> None:
    grouped.read()
    activity = grouped.world.activity("c:course-1")
    found = group(grouped, "g1").id
    with grouped.runtime.database.writing() as session:
        session.add(Override(activity_id=activity.id, group_id=found, extra_attempts=1))
        before = session.get_one(Activity, activity.id).schedule_version
    grouped.world.lms.control("POST", "group", {"course": "course-1", "id": "g1", "name": "", "persons": None})
    grouped.read()
    assert (groups(grouped)["第一党小组"], group(grouped, "g1").is_gone) == (set(), True)
    with grouped.runtime.database.reading() as session:
        assert session.get_one(Activity, activity.id).schedule_version > before, "its people lost the exception"
    grouped.world.lms.group("g1", "第一党小组", "member1")
    grouped.read()
    assert (groups(grouped)["第一党小组"], group(grouped, "g1").is_gone) == ({"member1"}, False)


def test_exception_is_planned_anew_for_those_who_join(grouped: Roster) -> None:
    grouped.read()
    activity, found = grouped.world.activity("c:course-1"), group(grouped, "g1").id
    with grouped.runtime.database.writing() as session:
        session.add(Override(activity_id=activity.id, group_id=found, extra_attempts=1))
    versions = [_version(grouped, activity.id)]
    grouped.read()
    versions.append(_version(grouped, activity.id))
    grouped.world.lms.group("g1", "第一党小组", "member1", "member2", "member4")
    grouped.read()
    versions.append(_version(grouped, activity.id))
    assert versions == [versions[0], versions[0], versions[0] + 1]


def _version(roster: Roster, activity_id: int) -> int:
    with roster.runtime.database.reading() as session:
        return session.get_one(Activity, activity_id).schedule_version


# Groups that launches name


def claim(roster: Roster, person: str, ids: str | None) -> None:
    """The person launches, and Moodle has put his groups in."""
    roster.clock.advance(timedelta(minutes=1))
    changes: dict[str, Any] = {} if ids is None else {CUSTOM: {"group_ids": ids}}
    assert roster.world.forge(roster.world.browser(), person=person, **changes).status_code == 303


def sweep(roster: Roster) -> int:
    with roster.runtime.database.reading_core() as connection:
        if not launches.SWEEP.due(connection, roster.clock.now()):
            return 0
    return launches.SWEEP.run(roster.runtime, roster.clock.now())


def test_launches_say_who_is_in_which_group(roster: Roster) -> None:
    claim(roster, "member1", "12,7")
    claim(roster, "member2", "7")
    assert sweep(roster) == 2
    assert groups(roster) == {"小组 12": {"member1"}, "小组 7": {"member1", "member2"}}
    assert sweep(roster) == 0
    claim(roster, "member1", "7")
    assert sweep(roster) == 1
    assert groups(roster) == {"小组 7": {"member1", "member2"}}, "nobody names 12 any more"
    claim(roster, "member1", None)
    claim(roster, "member2", "$Moodle.Person.userGroupIds")
    assert (sweep(roster), groups(roster)) == (0, {"小组 7": {"member1", "member2"}}), "nothing was said"


def test_launch_does_not_contradict_the_groups_service(grouped: Roster) -> None:
    claim(grouped, "member4", "g1")
    sweep(grouped)
    grouped.read()
    assert group(grouped, "g1").source is GroupSource.service
    before = groups(grouped)
    claim(grouped, "member1", "g2,g9")
    assert sweep(grouped) == 1
    assert groups(grouped) == before


def test_launch_of_this_moment_is_not_lost_to_an_older_one(roster: Roster) -> None:
    claim(roster, "member1", "7")
    with roster.runtime.database.reading_core() as connection:
        row = launches.waiting(connection)[0]
    claim(roster, "member1", "8")
    with roster.runtime.database.writing_core() as connection:
        launches.write(connection, row, [])
    assert sweep(roster) == 1
    assert groups(roster) == {"小组 8": {"member1"}}


# Sets of groups


def sets(roster: Roster) -> dict[str, str]:
    with roster.runtime.database.reading() as session:
        return {row.name: row.set_name for row in session.scalars(select(Group))}


@pytest.fixture
def in_sets(roster: Roster) -> Roster:
    """Three groups, two of them in sets."""
    roster.world.lms.group("g1", "第一党小组", "member1", in_set="党小组")
    roster.world.lms.group("g2", "宣传组", "member2", in_set="兴趣组")
    roster.world.lms.group("g3", "第三党小组", "member3")
    roster.visit("teacher")
    return roster


def test_CG_01_groups_stand_in_the_sets_of_the_lms(in_sets: Roster) -> None:
    in_sets.world.lms.roster(page=1)
    in_sets.read()
    assert sets(in_sets) == {"第一党小组": "党小组", "宣传组": "兴趣组", "第三党小组": ""}
    page = in_sets.visit("teacher").get(f"/courses/{in_sets.context().id}/groups", base_url=ORIGIN).text
    assert "分组集：党小组" in page
    assert page.count("分组集：") == 2


def test_CG_01_sets_follow_the_lms(in_sets: Roster) -> None:
    in_sets.read()
    in_sets.world.lms.group("g1", "第一党小组", "member1")
    in_sets.world.lms.group("g3", "第三党小组", "member3", in_set="党小组")
    in_sets.read()
    assert sets(in_sets) == {"第一党小组": "", "宣传组": "兴趣组", "第三党小组": "党小组"}


def test_CG_02_sets_that_cannot_be_had_keep_no_group_away(in_sets: Roster) -> None:
    in_sets.read()
    in_sets.world.lms.group("g4", "第四党小组", "member4", in_set="新组")
    in_sets.world.lms.fault("group_sets", "status", status=500)
    sync = in_sets.read()
    assert (sync.state, sync.groups_cause) == (SyncState.done, "")
    assert groups(in_sets)["第四党小组"] == {"member4"}
    assert sets(in_sets) == {"第一党小组": "党小组", "宣传组": "兴趣组", "第三党小组": "", "第四党小组": ""}
