"""The one-time link, the session behind it, and its end."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_tool.admin import current
from lti_tool.admin.rules import IDLE, LINK_LIFE, LONGEST
from lti_tool.admin.views.blueprint import ATTEMPTS_PER_MINUTE
from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.identity.models import AdminEvent, AdminLink, AdminSession
from tests.admin.conftest import HERE, Operator, make_link


def actions(runtime: Runtime) -> list[str]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(AdminEvent.action).order_by(AdminEvent.id)))


def test_link_opens_the_console_once(visitor: Operator, runtime: Runtime) -> None:
    code = make_link(runtime)
    entered = visitor.post("/admin/enter", data={"code": f" {code} "}, headers=HERE)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/admin")
    assert visitor.get("/admin").status_code == 200
    again = visitor.post("/admin/enter", data={"code": code}, headers=HERE)
    assert again.status_code == 403
    assert "Set-Cookie" not in again.headers
    assert actions(runtime) == ["link_made", "entered"]


def test_opening_the_page_consumes_nothing_and_needs_no_script(visitor: Operator, runtime: Runtime) -> None:
    make_link(runtime)
    for _ in range(3):
        page = visitor.get("/admin/enter")
        assert page.status_code == 200
        assert 'name="code"' in page.text
        assert 'action="/admin/enter"' in page.text
    with runtime.database.reading() as session:
        assert session.scalars(select(AdminLink)).one().used_at is None


def test_link_ends_after_ten_minutes(visitor: Operator, runtime: Runtime, clock: FakeClock) -> None:
    code = make_link(runtime)
    clock.advance(LINK_LIFE)
    assert visitor.post("/admin/enter", data={"code": code}, headers=HERE).status_code == 403
    assert visitor.get("/admin").status_code == 404


def test_link_and_session_are_hashed_at_rest(operator: Operator, runtime: Runtime) -> None:
    token = operator.get_cookie(current.COOKIE)
    assert token is not None
    with runtime.database.reading() as session:
        row = session.scalars(select(AdminSession)).one()
        assert token.value not in row.token_hash
        assert len(row.token_hash) == len(session.scalars(select(AdminLink)).one().secret_hash) == 64


def test_session_cookie_is_strict_and_for_this_host_only(visitor: Operator, runtime: Runtime) -> None:
    entered = visitor.post("/admin/enter", data={"code": make_link(runtime)}, headers=HERE)
    (cookie,) = entered.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-dk-admin=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_console_closes_after_fifteen_idle_minutes(operator: Operator, clock: FakeClock) -> None:
    for _ in range(4):
        clock.advance(IDLE - timedelta(minutes=1))
        assert operator.get("/admin").status_code == 200
    clock.advance(IDLE)
    gone = operator.get("/admin")
    assert gone.status_code == 404
    assert "dangke admin-link" in gone.text


def test_busy_console_closes_after_eight_hours(operator: Operator, clock: FakeClock) -> None:
    end = clock.now() + LONGEST
    while clock.now() + timedelta(minutes=14) < end:
        clock.advance(timedelta(minutes=14))
        assert operator.get("/admin").status_code == 200
    clock.set(end)
    assert operator.get("/admin").status_code == 404


def test_leaving_ends_the_session_and_not_only_the_cookie(operator: Operator, runtime: Runtime, app: Flask) -> None:
    token = operator.get_cookie(current.COOKIE)
    assert token is not None
    left = operator.send("/admin/leave")
    assert left.status_code == 303
    assert operator.get_cookie(current.COOKIE) is None
    stolen = app.test_client()
    stolen.set_cookie(current.COOKIE, token.value)
    assert stolen.get("/admin").status_code == 404
    assert actions(runtime)[-1] == "left"


def test_entering_again_ends_the_former_session_of_this_browser(operator: Operator, runtime: Runtime) -> None:
    operator.post("/admin/enter", data={"code": make_link(runtime)}, headers=HERE)
    with runtime.database.reading() as session:
        ended = session.scalars(select(AdminSession.ended_at).order_by(AdminSession.id)).all()
    assert [each is None for each in ended] == [False, True]


def test_too_many_attempts_from_one_address(visitor: Operator, runtime: Runtime, clock: FakeClock) -> None:
    code = make_link(runtime)
    for _ in range(ATTEMPTS_PER_MINUTE):
        assert visitor.post("/admin/enter", data={"code": "guessed"}, headers=HERE).status_code == 403
    assert visitor.post("/admin/enter", data={"code": code}, headers=HERE).status_code == 429
    clock.advance(timedelta(minutes=1))
    assert visitor.post("/admin/enter", data={"code": code}, headers=HERE).status_code == 303


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {**HERE, "Sec-Fetch-Site": "same-site"}])
def test_WS_02_another_site_neither_enters_nor_changes_anything(
    operator: Operator, runtime: Runtime, headers: dict[str, str]
) -> None:
    code = make_link(runtime)
    assert operator.post("/admin/enter", data={"code": code}, headers=headers).status_code == 403
    token = operator.csrf()
    assert operator.post("/admin/leave", data={"csrf_token": token}, headers=headers).status_code == 403
    assert operator.get("/admin").status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "一"])
def test_WS_02_forms_carry_the_token_of_their_session(operator: Operator, token: str) -> None:
    assert operator.post("/admin/leave", data={"csrf_token": token}, headers=HERE).status_code == 403
    assert operator.get("/admin").status_code == 200


def test_WS_02_token_of_another_operator_is_refused(operator: Operator, runtime: Runtime, app: Flask) -> None:
    other = Operator(app, app.response_class, use_cookies=True)
    other.post("/admin/enter", data={"code": make_link(runtime)}, headers=HERE)
    answer = operator.post("/admin/leave", data={"csrf_token": other.csrf()}, headers=HERE)
    assert answer.status_code == 403


def test_WS_03_nobody_frames_the_console(operator: Operator) -> None:
    for path in ("/admin/enter", "/admin"):
        answer = operator.get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_is_written_by_looking(operator: Operator, runtime: Runtime) -> None:
    with runtime.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(AdminEvent))
    operator.get("/admin")
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AdminEvent)) == before
