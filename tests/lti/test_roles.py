"""Roles (case list 2.4; mentors, RO-16, stand in test_mentors), over whole launches and over the pure table."""

from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Enrolment, Member, Registration
from lti_tool.identity.rules.roles import TABLE, TEST_USER, Standing
from lti_tool.launch.edge import edge_of
from lti_tool.launch.refused import Refused
from lti_tool.launch.registrations import RegistrationForm, register
from lti_tool.launch.role_tables import roles_of, set_roles
from lti_tool.launch.rules.roles import read_roles, standing
from lti_tool.ledger.models import ScorePost
from lti_tool.ledger.rules import Outcome, PostState
from lti_tool.ledger.services import record
from tests.lti.world import ORIGIN, World, csrf_of

pytestmark = pytest.mark.shows("E-04")

M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"


def enrolled(world: World, sub: str = "member1") -> tuple[Role, bool]:
    with world.runtime.database.reading() as session:
        row = session.execute(
            select(Enrolment.role, Enrolment.gradable)
            .join(Member, Member.id == Enrolment.member_id)
            .where(Member.sub == sub)
        ).one()
    return row.role, row.gradable


def launched_as(world: World, browser: FlaskClient, roles: list[str]) -> tuple[Role, bool]:
    assert world.forge(browser, roles=roles).status_code == 303
    return enrolled(world)


def test_RO_01_learner(world: World, browser: FlaskClient) -> None:
    assert launched_as(world, browser, [f"{M}#Learner"]) == (Role.member, True)


def test_RO_02_instructor(world: World, browser: FlaskClient) -> None:
    assert launched_as(world, browser, [f"{M}#Instructor"]) == (Role.instructor, False)


@pytest.mark.parametrize(
    ("short", "role"),
    [
        ("Instructor", Role.instructor), ("Learner", Role.member), ("Administrator", Role.instructor),
        ("ContentDeveloper", Role.instructor), ("Mentor", Role.mentor), ("TeachingAssistant", Role.assistant),
    ],
)  # fmt: skip
def test_RO_03_short_roles(world: World, browser: FlaskClient, short: str, role: Role) -> None:
    assert launched_as(world, browser, [short]) == (role, role is Role.member)


@pytest.mark.parametrize("role", ["learner", "instructor", "urn:lti:role:ims/lis/Instructor", "Instructor "])
def test_RO_04_lower_case_and_urn_are_unknown(world: World, browser: FlaskClient, role: str) -> None:
    assert launched_as(world, browser, [role]) == (Role.guest, False)


def test_RO_05_teaching_assistant(world: World, browser: FlaskClient) -> None:
    assert launched_as(world, browser, [f"{M}/Instructor#TeachingAssistant"]) == (Role.assistant, False)
    both = [f"{M}/Instructor#TeachingAssistant", f"{M}#Instructor"]
    assert launched_as(world, world.browser(), both) == (Role.instructor, False)


def test_RO_05_assistant_looks_at_the_course_and_writes_nothing_in_it(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    assert launched_as(world, browser, [f"{M}/Instructor#TeachingAssistant"])[0] is Role.assistant
    for looked in (f"/courses/{activity.context_id}/members", f"/scores/{activity.id}"):
        assert browser.get(looked, base_url=ORIGIN).status_code == 200, looked
    assert browser.get(f"/probe/{activity.id}", base_url=ORIGIN).get_json()["may_author"] is False
    form = {"csrf_token": csrf_of(browser.get("/privacy", base_url=ORIGIN))}
    sent = browser.post(f"/probe/{activity.id}", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert sent.status_code == 404


@pytest.mark.parametrize(
    ("name", "role"),
    [(f"{M}/Instructor#PrimaryInstructor", Role.instructor), (f"{M}/Learner#GuestLearner", Role.member)],
)
def test_RO_06_sub_role_without_its_parent(world: World, browser: FlaskClient, name: str, role: Role) -> None:
    assert launched_as(world, browser, [name])[0] is role


SUB_ROLES = {
    "Administrator": "Administrator Developer ExternalDeveloper ExternalSupport ExternalSystemAdministrator Support "
                     "SystemAdministrator",
    "ContentDeveloper": "ContentDeveloper ContentExpert ExternalContentExpert Librarian",
    "Instructor": "ExternalInstructor GuestInstructor Lecturer PrimaryInstructor SecondaryInstructor",
    "Learner": "ExternalLearner GuestLearner Instructor Learner NonCreditLearner",
    "Mentor": "Advisor Auditor ExternalAdvisor ExternalAuditor ExternalLearningFacilitator ExternalMentor "
              "ExternalReviewer ExternalTutor LearningFacilitator Mentor Reviewer Tutor",
}  # fmt: skip
"""LTI 1.3 Core, A.2.3.1, but for those who assist."""
ASSISTING = (
    "Grader TeachingAssistant TeachingAssistantGroup TeachingAssistantOffering TeachingAssistantSection "
    "TeachingAssistantSectionAssociation TeachingAssistantTemplate"
)
PARENTS = {
    "Administrator": Role.instructor, "ContentDeveloper": Role.instructor, "Instructor": Role.instructor,
    "Learner": Role.member, "Mentor": Role.mentor,
}  # fmt: skip
OUTSIDE = {
    INSTITUTION: "Administrator Alumni Faculty Guest Instructor Learner Member Mentor Observer Other ProspectiveStudent "
                 "Staff Student",
    SYSTEM: "AccountAdmin Administrator Creator SysAdmin SysSupport User",
}  # fmt: skip
"""A.2.1 and A.2.2, without None."""


@pytest.mark.once
def test_RO_05_who_assists_is_assistant() -> None:
    for name in ASSISTING.split():
        assert standing([f"{M}/Instructor#{name}"]) == Standing(Role.assistant, gradable=False), name


@pytest.mark.once
@pytest.mark.parametrize("parent", SUB_ROLES)
def test_RO_06_every_sub_role_is_what_its_parent_is(parent: str) -> None:
    for name in SUB_ROLES[parent].split():
        found = standing([f"{M}/{parent}#{name}"])
        assert found == Standing(PARENTS[parent], gradable=parent == "Learner"), name


@pytest.mark.once
def test_RO_03_every_context_role_is_long_or_short() -> None:
    for name, role in {**PARENTS, "TeachingAssistant": Role.assistant}.items():
        assert standing([name]).role is standing([f"{M}#{name}"]).role is role


@pytest.mark.once
def test_RO_13_nothing_else_is_in_the_table() -> None:
    known = sum(len(names.split()) for names in [*SUB_ROLES.values(), ASSISTING]) + 2 * (len(PARENTS) + 1)
    assert len(TABLE) == known


@pytest.mark.once
@pytest.mark.parametrize("where", OUTSIDE)
def test_RO_07_every_role_outside_the_course_says_nothing_about_it(where: str) -> None:
    for name in OUTSIDE[where].split():
        with pytest.raises(Refused, match="no_course_role"):
            standing([where + name])
        assert standing([where + name, "Learner"]).role is Role.member


@pytest.mark.once
def test_RO_10_highest_context_role_counts() -> None:
    order = ["Instructor", "TeachingAssistant", "Learner", "Mentor"]
    for index, name in enumerate(order):
        found = standing(order[index:][::-1])
        assert (found.role, found.gradable) == (standing([name]).role, name == "Learner")


@pytest.mark.parametrize("name", ["Instructor", "Administrator"])
def test_RO_07_institution_role_alone(world: World, browser: FlaskClient, name: str) -> None:
    answer = world.forge(browser, roles=[INSTITUTION + name])
    world.refused(answer, 403, "no_course_role")
    assert "没有角色" in answer.get_data(as_text=True)
    assert world.sessions() == 0


def test_RO_08_context_role_wins_over_the_institution(world: World, browser: FlaskClient) -> None:
    assert launched_as(world, browser, [f"{INSTITUTION}Instructor", f"{M}#Learner"]) == (Role.member, True)


def test_RO_09_system_administrator_has_no_rights_by_that(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, roles=[f"{SYSTEM}Administrator"]), 403, "no_course_role")
    assert launched_as(world, world.browser(), [f"{SYSTEM}Administrator", f"{M}#Learner"])[0] is Role.member


def test_RO_10_instructor_and_learner(world: World, browser: FlaskClient) -> None:
    """Who teaches and learns teaches; a switch shows the course as members see it, and nothing of his own is graded."""
    activity = world.bound()
    assert launched_as(world, browser, [f"{M}#Instructor", f"{M}#Learner"]) == (Role.instructor, False)
    page = f"/probe/{activity.id}"
    assert browser.get(page, base_url=ORIGIN).get_json()["may_author"] is True
    form = {"csrf_token": csrf_of(browser.get("/privacy", base_url=ORIGIN)), "activity": str(activity.id)}
    course = f"/lti/courses/{activity.context_id}/preview"
    for address, role in ((course, "member"), (f"{course}/end", "instructor")):
        switched = browser.post(address, data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
        assert switched.headers["Location"] == page
        found = browser.get(page, base_url=ORIGIN).get_json()
        assert (found["role"], found["gradable"]) == (role, False)
    assert post_of(world, activity.id) is PostState.not_gradable


def test_RO_11_no_roles_at_all(world: World, browser: FlaskClient) -> None:
    activity, teacher = world.bound(), world.browser()
    assert launched_as(world, browser, []) == (Role.guest, False)
    world.launch(teacher, "teacher")
    members = f"/courses/{activity.context_id}/members"
    assert [one.get(members, base_url=ORIGIN).status_code for one in (teacher, browser)] == [200, 404]


def test_RO_12_unknown_role_alone(world: World, browser: FlaskClient) -> None:
    assert launched_as(world, browser, ["http://x/Unknown"]) == (Role.guest, False)


@pytest.mark.parametrize(
    "name",
    [
        "http://purl.imsglobal.org/vocab/lis/v2.evil/x#Instructor", "http://purl.imsglobal.org/vocab/lis/v2/bogus#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator",
        "https://purl.imsglobal.org/vocab/lis/v2/membership#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor/", "x" + M + "#Instructor",
    ],
)  # fmt: skip
def test_RO_13_look_alikes(world: World, browser: FlaskClient, name: str) -> None:
    assert launched_as(world, browser, [name]) == (Role.guest, False)


def test_RO_14_test_user_works_as_a_member_and_is_not_posted(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    assert launched_as(world, browser, [TEST_USER, f"{M}#Learner"]) == (Role.member, False)
    assert browser.get(f"/probe/{activity.id}", base_url=ORIGIN).get_json()["role"] == "member"
    assert post_of(world, activity.id) is PostState.not_gradable
    assert is_test(world)
    # Alone it is no role in the course.
    assert launched_as(world, world.browser(), [TEST_USER]) == (Role.guest, False)
    assert not is_test(world)


def is_test(world: World) -> bool:
    """Whether what the person of the last launch did can be taken away as a test user's."""
    of_member = select(Enrolment.is_test).join(Member, Member.id == Enrolment.member_id).where(Member.sub == "member1")
    with world.runtime.database.reading() as session:
        return session.scalars(of_member).one()


def post_of(world: World, activity_id: int, sub: str = "member1") -> PostState:
    """Record a full score; what becomes of it."""
    with world.runtime.database.writing() as session:
        member_id = session.scalars(select(Member.id).where(Member.sub == sub)).one()
        record(
            session, activity_id=activity_id, member_id=member_id, outcome=Outcome(Decimal(1), Decimal(50), completed=True),
            verb="submitted", source=f"test:{member_id}", now=world.runtime.clock.now(),
        )  # fmt: skip
        return session.scalars(select(ScorePost.state).where(ScorePost.member_id == member_id)).one()


@pytest.mark.parametrize("value", ["Instructor", [f"{M}#Learner", 5], {"a": "b"}, [None], True])
def test_RO_15_roles_that_are_no_list_of_texts(world: World, browser: FlaskClient, value: Any) -> None:
    world.refused(world.forge(browser, roles=value), 400, "roles_malformed")


@pytest.mark.once
def test_RO_15_roles_may_be_missing_only_where_nobody_needs_them() -> None:
    assert read_roles(None, is_required=False) == ()
    with pytest.raises(Refused, match="roles_malformed"):
        read_roles(None, is_required=True)


@pytest.mark.once
def test_RO_14_only_a_member_is_a_test_user() -> None:
    assert standing([TEST_USER, "Learner"]) == Standing(Role.member, gradable=False, is_test=True)
    assert standing([TEST_USER, "Instructor"]) == Standing(Role.instructor, gradable=False, is_test=False)
    assert standing(["Learner"]) == Standing(Role.member, gradable=True, is_test=False)


def test_RO_15_only_the_first_hundred_count() -> None:
    assert len(read_roles(["x"] * 500, is_required=True)) == 100
    assert standing(read_roles(["x"] * 100 + ["Instructor"], is_required=True)).role is Role.guest


def test_RO_17_role_changes_between_launches(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    page = f"/probe/{activity.id}"
    world.forge(browser, roles=["Learner"])
    newer = world.browser()
    assert world.forge(newer, roles=["Instructor"]).status_code == 303
    assert newer.get(page, base_url=ORIGIN).get_json()["role"] == "instructor"
    # The older session keeps the role of its own launch.
    assert browser.get(page, base_url=ORIGIN).get_json()["role"] == "member"
    world.forge(browser, roles=["Instructor"])
    assert browser.get(page, base_url=ORIGIN).get_json()["role"] == "instructor"


def test_RO_18_none_roles_are_ignored(world: World, browser: FlaskClient) -> None:
    none = [f"{SYSTEM}None", f"{INSTITUTION}None"]
    assert launched_as(world, browser, [*none, f"{M}#Learner"]) == (Role.member, True)
    assert launched_as(world, world.browser(), none) == (Role.guest, False)


def test_RO_19_table_of_a_registration_comes_first(world: World, browser: FlaskClient) -> None:
    """What this LMS means by a role: given, raised, taken away, and back to LTI's table."""
    tutor, admin = "urn:example:role:tutor", f"{INSTITUTION}Administrator"
    assert launched_as(world, browser, [tutor]) == (Role.guest, False)
    changes = {tutor: Role.assistant, admin: Role.instructor, "Instructor": Role.member, f"{M}#Learner": Role.guest}
    change_roles(world, changes)
    for name, role in changes.items():
        assert launched_as(world, world.browser(), [name]) == (role, role is Role.member)
    assert launched_as(world, world.browser(), [f"{INSTITUTION}Staff", f"{M}#Learner"]) == (Role.guest, False)
    change_roles(world, dict.fromkeys(changes))
    assert launched_as(world, world.browser(), ["Instructor"]) == (Role.instructor, False)
    world.refused(world.forge(world.browser(), roles=[admin]), 403, "no_course_role")


def change_roles(world: World, changes: dict[str, Any]) -> None:
    with world.runtime.database.writing() as session:
        set_roles(session, session.scalars(select(Registration.id)).one(), changes)
    edge_of(world.runtime).registry.forget()


@pytest.mark.parametrize(
    "changes",
    [{"": Role.member}, {"x" * 256: Role.member}, {"a\nb": Role.member}, {" x": Role.member}, {"x": None},
     {TEST_USER: Role.member}, {f"role-{n}": Role.member for n in range(51)}],
    ids=["empty", "long", "control", "space", "not there", "test user", "too many"],
)  # fmt: skip
def test_RO_19_table_is_checked(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        change_roles(world, {"urn:x:kept": Role.mentor, **changes})
    with world.runtime.database.reading() as session:
        assert roles_of(session, session.scalars(select(Registration.id)).one()) == {}
    with pytest.raises(NotFound), world.runtime.database.writing() as session:
        set_roles(session, 999, {})


def test_RO_19_registering_again_keeps_the_table_unless_it_names_one(world: World) -> None:
    change_roles(world, {"urn:x:Tutor": Role.assistant})
    cases: list[tuple[dict[str, Any], dict[str, Role]]] = [
        ({}, {"urn:x:Tutor": Role.assistant}),
        ({"role_overrides": {}}, {}),
    ]
    for named, kept in cases:
        with world.runtime.database.writing() as session:
            found = session.scalars(select(Registration)).one()
            form: dict[str, Any] = {
                "auth_url": found.auth_url,
                "token_url": found.token_url,
                "jwks_url": found.jwks_url,
            }
            again = RegistrationForm(issuer=found.issuer, client_id=found.client_id, **form, **named)
            register(session, again, world.runtime.clock.now())
            assert roles_of(session, found.id) == kept


@given(st.lists(st.sampled_from(sorted(TABLE)), min_size=1), st.randoms(use_true_random=False))
def test_order_and_repetition_of_roles_mean_nothing(roles: list[str], random: Any) -> None:
    shuffled = [*roles, *roles]
    random.shuffle(shuffled)
    assert standing(shuffled) == standing(roles)


@given(st.lists(st.sampled_from(sorted(TABLE))), st.lists(st.text()))
def test_unknown_roles_add_nothing(roles: list[str], unknown: list[str]) -> None:
    more = [*roles, *(role for role in unknown if role not in TABLE)]
    assert standing(more) == standing(roles)


@given(st.lists(st.text()))
def test_only_members_are_gradable(roles: list[str]) -> None:
    found = standing(roles)
    assert found.gradable == (found.role is Role.member)


def test_registration_may_map_a_role_of_its_own() -> None:
    assert standing(["urn:x:Tutor"], {"urn:x:Tutor": "assistant"}) == Standing(Role.assistant, gradable=False)
    assert standing(["Instructor"], {"Instructor": "member"}) == Standing(Role.member, gradable=True)
    with pytest.raises(Refused):
        standing([f"{INSTITUTION}Staff"])


def test_two_tabs_with_different_roles(world: World, browser: FlaskClient) -> None:
    """`both` learns in the first course and teaches in the second; one browser, two grants."""
    first = world.bound()
    second = world.bound("link-c", "course-2", "teacher2")
    world.launch(browser, "both", "link-a")
    world.launch(browser, "both", "link-c")
    roles = [browser.get(f"/probe/{each.id}", base_url=ORIGIN).get_json()["role"] for each in (first, second)]
    assert roles == ["member", "instructor"]
    page = browser.get("/privacy", base_url=ORIGIN)
    form = {"csrf_token": csrf_of(page)}
    saved = [
        browser.post(f"/probe/{each.id}", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN).status_code
        for each in (first, second)
    ]
    assert saved == [404, 200]
