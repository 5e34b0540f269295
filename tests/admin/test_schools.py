"""Schools in the console: made, renamed, a deployment moved between them, and the hosts of an LMS's services."""

import pytest
from sqlalchemy import select

from lti_tool.core.web import Runtime
from lti_tool.identity.models import Tenant
from tests.admin.conftest import Operator
from tests.admin.test_connections import deployment, last_event, registration
from tests.school import LMS, School

EN = {"Accept-Language": "en"}


def tenant(school: School, name: str) -> Tenant | None:
    with school.database.reading() as session:
        found: Tenant | None = session.scalar(select(Tenant).where(Tenant.name == name))
        return found


def test_school_is_made_and_what_is_wrong_stands_at_its_field(
    operator: Operator, school: School, runtime: Runtime
) -> None:
    assert operator.send("/admin/tenants", name="Third school", timezone="Asia/Urumqi").status_code == 303
    made = tenant(school, "Third school")
    assert made is not None
    assert made.timezone == "Asia/Urumqi"
    event = last_event(runtime)
    assert (event.action, event.subject) == ("tenant_made", f"{made.id} Third school")
    for name, zone, field in (
        ("Third school", "Asia/Shanghai", "name"),
        ("", "Asia/Shanghai", "name"),
        ("x", "Mars", "timezone"),
    ):
        refused = operator.send("/admin/tenants", name=name, timezone=zone)
        assert refused.status_code == 400
        assert f'id="f-{field}-error"' in refused.text
        assert f'value="{zone}"' in refused.text
    assert last_event(runtime).id == event.id


def test_school_is_renamed_and_no_two_have_one_name(operator: Operator, school: School, runtime: Runtime) -> None:
    found = tenant(school, "first")
    assert found is not None
    page = f"/admin/tenants/{found.id}"
    for name in ("second", " "):
        refused = operator.send(page, name=name)
        assert refused.status_code == 400
        assert f'id="name-{found.id}-error"' in refused.text
    assert operator.send(page, name=" 第一党校 ").status_code == 303
    assert "第一党校" in operator.get("/admin/tenants").text
    assert tenant(school, "first") is None
    event = last_event(runtime)
    assert (event.action, event.detail) == ("tenant_renamed", "first → 第一党校")
    assert operator.send("/admin/tenants/999", name="x").status_code == 404


def test_deployment_is_moved_by_its_typed_id(operator: Operator, school: School, runtime: Runtime) -> None:
    second = tenant(school, "second")
    assert second is not None
    page = f"/admin/registrations/{school.registration_id}"
    assert "Move to another school" in operator.get(page, headers=EN).text
    move = f"{page}/deployments/{school.deployment_id}/move"
    refused = operator.send(move, school=second.id, typed="2")
    assert refused.status_code == 400
    assert f'aria-describedby="move-{school.deployment_id}-error"' in refused.text
    assert f'value="{second.id}" selected' in refused.text
    assert operator.send(move, school=999, typed="1").status_code == 404
    assert operator.send(move, school=10**19, typed="1").status_code == 404
    assert operator.send(move, typed="1").status_code == 404
    assert operator.send(f"{page}/deployments/999/move", school=second.id, typed="1").status_code == 404
    first_id = deployment(school).tenant_id
    # The school's people of the second course are in the first deployment alone: all of it goes along.
    assert operator.send(move, school=second.id, typed=" 1 ").status_code == 303
    assert (deployment(school).tenant_id, registration(school).tenant_id) == (second.id, second.id)
    event = last_event(runtime)
    assert event.action == "deployment_moved"
    assert event.detail.startswith("1: first → second (")
    assert operator.send(move, school=second.id, typed="1").status_code == 409
    assert operator.send(move, school=first_id, typed="1").status_code == 303


def test_teacher_of_a_moved_course_goes_on_where_he_was(operator: Operator, school: School) -> None:
    second = tenant(school, "second")
    assert second is not None
    client = school.client(school.instructor)
    links = f"/lti/courses/{school.context_id}/links"
    assert client.get(links).status_code == 200
    page = f"/admin/registrations/{school.registration_id}/deployments/{school.deployment_id}/move"
    assert operator.send(page, school=second.id, typed="1").status_code == 303
    assert client.get(links).status_code == 200
    # Those of the school that it came to see as little of it as before.
    assert school.client(school.other_tenant_instructor).get(links).status_code == 404


def test_TO_15_service_hosts_are_set_and_checked(operator: Operator, school: School, runtime: Runtime) -> None:
    page = f"/admin/registrations/{school.registration_id}"
    assert operator.send(f"{page}/hosts", hosts="Api.LMS.example\n grades.example. \ngrades.example").status_code == 303
    assert registration(school).service_hosts == ["api.lms.example", "grades.example"]
    assert "grades.example" in operator.get(page).text
    event = last_event(runtime)
    assert (event.action, event.detail) == ("hosts_set", "→ api.lms.example grades.example")
    for bad in (
        LMS,
        "*.example",
        "a_b.example",
        "grades.example/x",
        "\n".join(f"a{number}.example" for number in range(21)),
    ):
        refused = operator.send(f"{page}/hosts", hosts=bad)
        assert refused.status_code == 400, bad
        assert 'id="f-hosts-error"' in refused.text
        assert f">\n{bad}</textarea>" in refused.text, "what was typed stays"
    assert registration(school).service_hosts == ["api.lms.example", "grades.example"]
    assert operator.send(f"{page}/hosts", hosts="").status_code == 303
    assert registration(school).service_hosts == []


@pytest.mark.parametrize("path", ["/admin/tenants", "/admin/tenants/1"])
def test_without_a_session_there_is_no_school_to_change(visitor: Operator, school: School, path: str) -> None:
    assert visitor.post(path, data={"name": "x"}).status_code == 404
    assert tenant(school, "x") is None
