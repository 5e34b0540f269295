"""Who may touch a choice: its instructor alone, by every route of it."""

import pytest

from lti_tool.ledger.models import Activity, ActivityStatus
from tests import tool_key
from tests.launch.test_choice_drafts import choice
from tests.school import Person, School, SignedInClient

ROUTES = [
    ("GET", "/lti/choose/{choice}"),
    ("GET", "/lti/choose/{choice}/open"),
    ("POST", "/lti/choose/{choice}/cancel"),
    ("POST", "/lti/choose/{choice}/create"),
    ("POST", "/lti/chosen/{choice}"),
    ("GET", "/lti/chosen/{choice}?activity={activity}"),
]


def strangers(school: School) -> dict[str, Person | None]:
    return {
        "member": school.member,
        "member of another course": school.other_course_member,
        "instructor of another course": school.other_course_instructor,
        "member of another tenant": school.other_tenant_member,
        "nobody": None,
    }


def ask(client: SignedInClient, method: str, address: str, activity: Activity) -> int:
    if method == "GET":
        return client.get(address).status_code
    return client.post_form(address, {"activity_id": str(activity.id), "kind": "forum"}).status_code


@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_choice_is_there_for_its_instructor_only(school: School, method: str, address: str) -> None:
    tool_key.install(school.runtime)
    author = school.client(school.instructor)
    activity = school.activity("forum", "Draft", status="draft")
    where = address.format(choice=choice(school, author), activity=activity.id)
    for name, person in strangers(school).items():
        assert ask(school.client(person), method, where, activity) in ({404} if person else {403, 404, 409}), name
    with school.database.reading() as session:
        assert session.get_one(Activity, activity.id).status is ActivityStatus.draft
    assert ask(author, method, where, activity) in {200, 204, 303}


def test_colleague_in_the_same_course_has_a_choice_of_their_own(school: School) -> None:
    author = school.client(school.instructor)
    colleague = school.client(school.new_member("Colleague", school.instructor.role))
    assert colleague.get(f"/lti/choose/{choice(school, author)}").status_code == 404


@pytest.mark.parametrize("status", ActivityStatus)
def test_plain_link_opens_by_the_same_right_as_the_activity(school: School, status: ActivityStatus) -> None:
    activity = school.activity("forum", "Talk", status=status)
    address = f"/lti/open/{activity.token}"
    is_open = status is ActivityStatus.published
    for person in (school.other_course_member, school.other_tenant_member, None):
        assert school.client(person).get(address).status_code == 200
    assert school.client(school.member).get(address).status_code == (303 if is_open else 200)
    assert school.client(school.instructor).get(address).location == f"/forum/{activity.id}"


def test_page_for_strangers_is_the_same_whether_there_is_such_an_activity(school: School) -> None:
    activity = school.activity("forum", "Talk")
    for person in (school.other_course_member, school.other_tenant_member, None):
        client = school.client(person)
        pages = [client.get(f"/lti/open/{token}") for token in (activity.token, "f" * 32)]
        assert pages[0].status_code == pages[1].status_code == 200
        assert "Talk" not in pages[0].text
        assert len(pages[0].data) == len(pages[1].data)
