"""The roster service."""

from lti_tool.demo.names import CONTEXT_ROLE, SCOPE_SCORE, TYPE_MEMBERS
from tests.demo.conftest import Services

URL = "/lti/nrps/course-1/memberships"


def people(services: Services, query: str = "") -> list[str]:
    return [row["user_id"] for row in services.call("GET", URL + query, media=TYPE_MEMBERS).json()["members"]]


def test_members_are_listed_with_full_roles(services: Services) -> None:
    container = services.call("GET", URL, media=TYPE_MEMBERS).json()
    assert container["context"]["id"] == "course-1"
    roles = {row["user_id"]: row["roles"] for row in container["members"]}
    assert roles["teacher"] == [CONTEXT_ROLE + "Instructor"]
    assert roles["both"] == [CONTEXT_ROLE + "Learner"]
    assert "teacher2" not in roles


def test_members_come_in_pages(services: Services) -> None:
    answer = services.call("GET", f"{URL}?limit=4", media=TYPE_MEMBERS)
    assert [row["user_id"] for row in answer.json()["members"]] == ["both", "member1", "member2", "member3"]
    following = answer.headers["Link"].partition(">")[0].strip("<")
    answer = services.call("GET", following, media=TYPE_MEMBERS)
    assert [row["user_id"] for row in answer.json()["members"]] == ["member4", "teacher"]
    assert "Link" not in answer.headers


def test_role_and_link_filter(services: Services) -> None:
    assert people(services, "?role=Instructor") == ["teacher"]
    assert len(people(services, "?rlid=link-quiz")) == 6
    assert services.call("GET", f"{URL}?rlid=link-other", media=TYPE_MEMBERS).status == 404


def test_who_left_is_inactive_or_missing(services: Services) -> None:
    services.lms.control(
        "POST", "enrolment", {"course": "course-1", "person": "member1", "role": "Learner", "status": "Inactive"}
    )
    rows = services.call("GET", URL, media=TYPE_MEMBERS).json()["members"]
    assert {row["user_id"]: row["status"] for row in rows}["member1"] == "Inactive"
    services.lms.profile("moodle")
    assert "member1" not in people(services)


def test_roster_wants_its_type_and_scope(services: Services) -> None:
    assert services.call("GET", URL, media="application/json").status == 406
    assert services.call("GET", URL, media=TYPE_MEMBERS, token=services.token(SCOPE_SCORE)).status == 403
    assert services.call("GET", URL.replace("course-1", "course-9"), media=TYPE_MEMBERS).status == 404
