"""The console is there for its operator alone, and its operator is nobody in a course."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from lti_tool.admin import current
from lti_tool.identity.actor import Carrier
from tests.admin.conftest import HERE, Operator
from tests.school import School

OPEN = {"admin.door", "admin.enter"}


def rules(app: Flask) -> list[tuple[str, Rule]]:
    """Every method and route of the console behind its door."""
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin") and rule.endpoint not in OPEN
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(app: Flask, rule: Rule, method: str, number: int) -> str:
    return app.url_map.bind("127.0.0.1").build(rule.endpoint, dict.fromkeys(rule.arguments, number), method=method)


def test_nothing_of_the_console_exists_for_anybody_else(app: Flask, school: School) -> None:
    persons = [None, school.member, school.instructor, *school.strangers]
    clients = [school.client(person) for person in persons]
    clients.append(school.client(school.instructor, carrier=Carrier.bearer))
    forged = school.client(school.instructor)
    forged.set_cookie(current.COOKIE, "A" * 43)
    found = rules(app)
    assert found
    for client in (*clients, forged):
        for method, rule in found:
            path = path_of(app, rule, method, school.registration_id)
            form = {"csrf_token": client.csrf}
            answer = client.open(path, method=method, data=form if method == "POST" else None, headers=HERE)
            assert answer.status_code == 404, (method, path)
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_it_looks_like_any_address_that_is_not_there(school: School) -> None:
    for person in (None, school.instructor):
        client = school.client(person)
        console, nowhere = client.get("/admin"), client.get("/nowhere")
        assert (console.status_code, len(console.data)) == (nowhere.status_code, len(nowhere.data))


def test_launch_token_is_no_token_of_the_console(operator: Operator, school: School) -> None:
    launched = school.client(school.instructor)
    answer = operator.post("/admin/leave", data={"csrf_token": launched.csrf}, headers=HERE)
    assert answer.status_code == 403


def test_operator_is_nobody_in_a_course(app: Flask, operator: Operator, school: School) -> None:
    activity = school.activity()
    values = {"activity_id": activity.id, "context_id": school.context_id, "member_id": school.member.member_id}
    token = operator.csrf()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin") or not set(rule.arguments) & set(values):
            continue
        wanted = {name: values.get(name, activity.id) for name in rule.arguments}
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = app.url_map.bind("127.0.0.1").build(rule.endpoint, wanted, method=method)
            answer = operator.open(
                path, method=method, data={"csrf_token": token} if method == "POST" else None, headers=HERE
            )
            assert answer.status_code in {403, 404, 409}, (method, path)


@pytest.mark.parametrize("path", ["/preferences", "/lti/choose/1"])
def test_console_cookie_carries_no_launch(operator: Operator, path: str) -> None:
    answer = operator.get(path)
    assert answer.status_code in {404, 405}
