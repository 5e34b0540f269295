"""Moodle's traps of the members' list, each against the demo LMS as Moodle: moodle-4.5.md, sections 5 and 8."""

import pytest

from lti_tool.identity.actor import Role
from lti_tool.lms.work import READ_ROSTER
from lti_tool.roster.models import SyncState
from tests.roster.conftest import Roster


@pytest.fixture
def moodle(roster: Roster) -> Roster:
    """Its list comes three at a time."""
    roster.world.lms.profile("moodle")
    roster.world.lms.roster(page=3)
    roster.visit("teacher")
    return roster


def test_role_that_is_lost_on_the_next_page_is_not_needed(moodle: Roster) -> None:
    """`?role=` filters the first page only: whoever asks for it must filter himself, so we do not ask."""
    moodle.change_url(moodle.context().memberships_url + "?role=Learner")
    assert moodle.read().state is SyncState.done
    listed = {each.name: each.role for each in moodle.people().values() if each.is_listed}
    assert (listed["李小明"], listed["张丽华"]) == (Role.member, Role.instructor)
    assert len(listed) == 6


def test_list_that_says_numbers_means_who_launched(moodle: Roster) -> None:
    """User ids are texts of digits, the same in launches and lists."""
    moodle.visit("member1")
    moodle.read()
    known = moodle.people()[moodle.world.lms.sub_of("member1")]
    assert (known.name, known.is_listed, known.last_launch_at is not None) == ("李小明", True, True)
    assert moodle.world.lms.sub_of("member1").isdigit()


def test_list_of_a_tool_that_is_told_no_names_names_nobody(moodle: Roster) -> None:
    """`sendname=never`: status, roles, user_id and the number of the profile are all there is; the number is no name."""
    moodle.world.lms.roster(anonymous=True)
    moodle.world.lms.enrol("member5")
    moodle.read()
    found = moodle.people()[moodle.world.lms.sub_of("member5")]
    assert found.name.startswith("成员 ")
    assert "IDmember5" not in found.name


def test_suspended_enrolment_vanishes_and_comes_back(moodle: Roster) -> None:
    """Nobody is ever listed as Inactive there: he is not in the list."""
    moodle.read()
    number = moodle.world.lms.sub_of("member1")
    moodle.world.lms.enrol("member1", status="Inactive")
    moodle.read()
    assert not moodle.people()[number].is_active
    moodle.world.lms.enrol("member1")
    moodle.read()
    assert moodle.people()[number].is_active


def test_administrator_who_is_not_listed_is_back_with_his_next_launch(moodle: Roster) -> None:
    """Whoever may enter without being enrolled is in no list."""
    moodle.world.lms.roster(without="teacher2")
    moodle.world.lms.enrol("teacher2", role="Instructor")
    moodle.visit("teacher2")
    number = moodle.world.lms.sub_of("teacher2")
    moodle.read()
    assert not moodle.people()[number].is_active
    moodle.visit("teacher2")
    assert moodle.people()[number].is_active
    assert moodle.work() == []


@pytest.mark.parametrize("rlid", ["0", "another-course"])
def test_link_that_moodle_does_not_know_is_told_and_changes_nobody(moodle: Roster, rlid: str) -> None:
    before = moodle.people()
    moodle.change_url(moodle.context().memberships_url + f"?rlid={rlid}")
    moodle.ask()
    assert moodle.work() == [READ_ROSTER]
    assert (moodle.sync().cause, moodle.people()) == ("gone", before)
