"""The life of our keys, from the console."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.identity.models import AdminEvent
from lti_tool.lms import key_life
from lti_tool.lms.key_life import ShownKey
from tests import tool_key
from tests.admin.conftest import Operator
from tests.school import School


def keys(runtime: Runtime) -> list[ShownKey]:
    with runtime.database.reading() as session:
        return key_life.listed(session)


@pytest.fixture
def announced(operator: Operator, runtime: Runtime) -> str:
    """A second key, announced from the console."""
    tool_key.install(runtime)
    assert operator.send("/admin/keys").status_code == 303
    return keys(runtime)[-1].kid


def test_key_is_announced_activated_and_destroyed(
    operator: Operator, runtime: Runtime, announced: str, clock: FakeClock
) -> None:
    former = keys(runtime)[0].kid
    assert operator.send(f"/admin/keys/{announced}/activate").status_code == 409
    assert operator.send(f"/admin/keys/{announced}/activate", urgent="yes").status_code == 303
    assert [row.state.value for row in keys(runtime)] == ["retired", "active"]
    for typed, urgent, status in (("", "yes", 400), (announced, "yes", 400), (former, "", 409), (former, "yes", 303)):
        sent = operator.send(f"/admin/keys/{former}/destroy", typed=typed, urgent=urgent)
        assert sent.status_code == status
    assert keys(runtime)[0].state.value == "destroyed"
    with runtime.database.reading() as session:
        logged = session.execute(select(AdminEvent.action, AdminEvent.detail)).all()
    assert [tuple(row) for row in logged][-3:] == [
        ("key_announced", ""), ("key_activated", "urgent"), ("key_destroyed", "urgent"),
    ]  # fmt: skip


def test_haste_is_not_needed_after_its_time(
    operator: Operator, runtime: Runtime, announced: str, clock: FakeClock
) -> None:
    assert 'name="urgent"' in operator.get("/admin/keys").text
    assert keys(runtime)[-1].changed_at + timedelta(hours=24) > clock.now()


def test_announced_key_is_taken_back(operator: Operator, runtime: Runtime, announced: str) -> None:
    assert operator.send(f"/admin/keys/{announced}/retire").status_code == 303
    assert keys(runtime)[-1].state.value == "retired"


def test_connection_is_pinned_and_unpinned(
    operator: Operator, school: School, runtime: Runtime, announced: str
) -> None:
    number = school.registration_id
    for wrong in ("", "x", "999", "9" * 30):
        assert operator.send(f"/admin/keys/{announced}/pin", registration=wrong).status_code == 404
    assert operator.send(f"/admin/keys/{announced}/pin", registration=number).status_code == 303
    assert keys(runtime)[-1].pinned == (number,)
    assert announced in operator.get(f"/admin/registrations/{number}").text
    assert operator.send(f"/admin/registrations/{number}/unpin").status_code == 303
    assert keys(runtime)[-1].pinned == ()


def test_WS_14_no_private_half_stands_on_the_page(operator: Operator, announced: str) -> None:
    shown = operator.get("/admin/keys").text
    assert announced in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize("act", ["activate", "retire", "pin"])
def test_key_that_is_not_there(operator: Operator, school: School, act: str) -> None:
    sent = operator.send(f"/admin/keys/nothing/{act}", registration=school.registration_id)
    assert sent.status_code == 404
