"""Refused launches by reason with their references, and the log."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert

from lti_tool.admin import queries, services
from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.launch.services import logins
from lti_tool.ledger.models import AuditEvent
from tests.admin.conftest import Operator
from tests.admin.test_permissions import path_of, rules
from tests.school import School


def refuse(runtime: Runtime, reason: str, reference: str, registration_id: int | None = None) -> None:
    with runtime.database.writing_core() as connection:
        logins.record_failure(
            connection,
            reason=reason,
            reference=reference,
            registration_id=registration_id,
            now=runtime.clock.now(),
        )


def test_refusals_are_counted_by_reason(operator: Operator, school: School, runtime: Runtime) -> None:
    for number in range(3):
        refuse(runtime, "state_used", f"AAAA000{number}", school.registration_id)
    refuse(runtime, "unknown_issuer", "BBBB0000")
    shown = operator.get("/admin/failures").text
    for part in ("state_used 3", "unknown_issuer 1", "LTI-SN-02", "AAAA0002", "BBBB0000"):
        assert part in shown
    only = operator.get("/admin/failures?reason=unknown_issuer").text
    assert "BBBB0000" in only
    assert "AAAA0000" not in only
    of_one = operator.get(f"/admin/failures?registration={school.registration_id}").text
    assert "BBBB0000" not in of_one


def test_reference_that_a_user_reads_out_is_found(operator: Operator, runtime: Runtime, clock: FakeClock) -> None:
    answer = operator.get("/lti/login?login_hint=x")
    reference = answer.headers["X-Request-ID"]
    refuse(runtime, "expired", "CCCC0000")
    clock.advance(timedelta(minutes=10))
    found = operator.get(f"/admin/failures?reference={reference.lower()}").text
    assert "missing_iss" in found
    assert "CCCC0000" not in found


def test_reasons_of_another_version_do_not_break_the_page(operator: Operator, runtime: Runtime) -> None:
    refuse(runtime, "long_gone", "DDDD0000")
    assert "long_gone" in operator.get("/admin/failures").text


def test_old_refusals_are_left_out(operator: Operator, runtime: Runtime, clock: FakeClock) -> None:
    refuse(runtime, "expired", "EEEE0000")
    clock.advance(timedelta(minutes=14))
    with runtime.database.reading() as session:
        assert queries.failures_by_reason(session, clock.now()) == [("expired", 1)]
        later = clock.now() + timedelta(days=queries.DAYS)
        assert queries.failures_by_reason(session, later) == []
        assert queries.failures(session, later) == []


def test_log_says_who_did_what_and_goes_back_page_by_page(operator: Operator, runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        for _ in range(queries.MOST):
            services.make_link(session, "li", runtime.clock.now())
    shown = operator.get("/admin/log").text
    assert "wang" not in shown
    assert "li" in shown
    with runtime.database.reading() as session:
        oldest = queries.log(session)[-1].id
    assert "wang" in operator.get(f"/admin/log?before={oldest}").text


@pytest.mark.parametrize("number", ["x", "-1", "0", "9" * 30])
def test_numbers_that_name_nothing_break_no_page(operator: Operator, number: str) -> None:
    for path in ("log?before", "log/courses?before", "failures?registration", "failures?reference", "failures?reason"):
        assert operator.get(f"/admin/{path}={number}").status_code == 200


def test_acts_of_staff_are_listed_without_persons_and_reasons(operator: Operator, school: School) -> None:
    activity = school.activity(title="Sources")
    with school.database.writing() as session:
        for action in ("archive", "new_act"):
            session.execute(
                insert(AuditEvent).values(
                    context_id=school.context_id, actor_id=school.instructor.member_id, at=school.now, action=action,
                    activity_id=activity.id, member_id=school.member.member_id, reason="his own business",
                )
            )  # fmt: skip
    shown = operator.get("/admin/log/courses", headers={"Accept-Language": "en"}).text
    for part in ("archived an activity", "new_act", "Sources", "First course", "first"):
        assert part in shown
    for private in (school.instructor.name, school.member.name, "his own business"):
        assert private not in shown


def test_every_page_opens_for_the_operator_and_shows_no_person(app: Flask, operator: Operator, school: School) -> None:
    for method, rule in rules(app):
        if method == "GET" and rule.endpoint != "admin.person":  # That is the one that is about a person.
            answer = operator.get(path_of(app, rule, method, school.registration_id))
            assert answer.status_code == 200, rule
            assert school.member.name not in answer.text
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
