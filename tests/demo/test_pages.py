"""The pages of the demo LMS: persons, courses, the teacher's tools, the gradebook."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.demo.conftest import ISSUER, TOOL, Services, StillClock
from tests.lms_client import ENDPOINT_CLAIM, LmsDriver, form_of

pytestmark = pytest.mark.once


def ids(page: str) -> list[str]:
    return re.findall(r'data-link="([^"]+)"', page)


def test_persons_are_chosen_without_a_password(lms: LmsDriver) -> None:
    page = lms.page(None, "/login").text
    assert set(re.findall(r'data-person="([^"]+)"', page)) == {
        "teacher", "member1", "member2", "member3", "member4", "both", "teacher2", "member5",
    }  # fmt: skip
    assert "张丽华（教师）" in page
    assert lms.page(None, "/courses").headers["Location"] == "/login"
    assert lms.post(None, "/login", person="nobody").status == 400


def test_courses_are_those_of_the_person(lms: LmsDriver) -> None:
    assert re.findall(r'data-course="([^"]+)"', lms.page("member1", "/courses").text) == ["course-1"]
    assert re.findall(r'data-course="([^"]+)"', lms.page("both", "/courses").text) == ["course-1", "course-2"]
    for path in ("", "/gradebook", "/links/link-quiz", "/links/link-quiz/window", "/deep-link"):
        assert lms.page("member5", f"/courses/course-1{path}").status == 404
        assert lms.page(None, f"/courses/course-1{path}").status == 404


def test_panel_of_a_page_left_open_is_empty_for_who_came_after(lms: LmsDriver) -> None:
    assert "<h2>" in lms.page("member1", "/courses/course-1/panel").text
    for person in ("member5", None):
        answer = lms.page(person, "/courses/course-1/panel")
        assert (answer.status, answer.text) == (204, "")


def test_switch_of_person_stays_in_the_course_where_both_belong(lms: LmsDriver) -> None:
    assert lms.post("member1", "/login", person="member2", course="course-1").headers["Location"] == "/courses/course-1"
    assert lms.post("member1", "/login", person="member5", course="course-1").headers["Location"] == "/courses"
    lms.post("member1", "/logout")
    assert lms.page("member1", "/courses").status == 302


def test_activity_begins_a_launch_into_its_frame(lms: LmsDriver) -> None:
    page = lms.page("member1", "/courses/course-1/links/link-quiz").text
    assert '<iframe name="tool-frame" title="小测"' in page
    [form] = re.findall(r'<form method="post" action="[^"]*" id="launch".*?</form>', page, re.DOTALL)
    assert 'target="tool-frame"' in form
    action, values = form_of(form)
    assert action == f"{TOOL}/lti/login"
    assert (values["iss"], values["login_hint"]) == (ISSUER, "member1")


def test_window_launches_without_a_frame(lms: LmsDriver) -> None:
    page = lms.page("member1", "/courses/course-1/links/link-quiz/window").text
    assert "<iframe" not in page
    assert "target=" not in re.findall(r'<form[^>]*id="launch"[^>]*>', page)[0]


def test_link_of_another_course_is_404(lms: LmsDriver) -> None:
    assert lms.page("member1", "/courses/course-1/links/link-other").status == 404


def test_teacher_adds_a_link_without_content_and_allows_grades(lms: LmsDriver) -> None:
    assert lms.post("teacher", "/courses/course-1/links", title="<b>新</b>", maximum="50").status == 303
    page = lms.page("teacher", "/courses/course-1").text
    assert "<b>新" not in page
    link = ids(page)[-1]
    claims = lms.claims_for("member1", link)
    assert "lineitem" not in claims[ENDPOINT_CLAIM]
    lms.post("teacher", f"/courses/course-1/links/{link}/settings", allows_grades="on", opens_window="on")
    assert "lineitem" in lms.claims_for("member1", link)[ENDPOINT_CLAIM]
    assert (
        f'href="/courses/course-1/links/{link}/window" target="_blank" data-open>'
        in lms.page("member1", "/courses/course-1").text
    )
    lms.post("teacher", f"/courses/course-1/links/{link}/settings")
    assert "lineitem" not in lms.claims_for("member1", link)[ENDPOINT_CLAIM]


@pytest.mark.parametrize(
    "form", [{"title": " "}, {"title": "x", "maximum": "0"}, {"title": "x", "maximum": "many"}, {"title": "x" * 201}]
)
def test_bad_link_is_400(lms: LmsDriver, form: dict[str, str]) -> None:
    assert lms.post("teacher", "/courses/course-1/links", **form).status == 400


def test_teachers_tools_are_not_for_members(lms: LmsDriver) -> None:
    for person in ("member1", "both", "teacher2", None):
        assert lms.post(person, "/courses/course-1/links", title="x").status == 404
        assert lms.post(person, "/courses/course-1/links/link-quiz/settings").status == 404
        assert lms.page(person, "/courses/course-1/deep-link").status == 404
    assert "add-link" not in lms.page("member1", "/courses/course-1").text


def test_gradebook_shows_the_matrix_to_the_teacher_and_their_row_to_a_member(
    services: Services, clock: StillClock
) -> None:
    services.score("link-quiz", at=clock.now(), comment="<i>好</i>")
    services.score("link-quiz", "member2", 5, at=clock.now())
    page = services.lms.page("teacher", "/courses/course-1/gradebook").text
    assert re.findall(r'<tr data-user="([^"]+)"', page) == ["both", "member1", "member2", "member3", "member4"]
    [cell] = re.findall(r'<td data-column="小测" data-user="member1"[^>]*>.*?</td>', page, re.DOTALL)
    for part in ('data-score="16"', 'data-maximum="20"', 'data-activity-progress="Completed"',
                 'data-grading-progress="FullyGraded"', "&lt;i&gt;好&lt;/i&gt;", "10:00:00"):  # fmt: skip
        assert part in cell
    own = services.lms.page("member1", "/courses/course-1/gradebook").text
    assert re.findall(r'<tr data-user="([^"]+)"', own) == ["member1"]
    assert "16/20" not in services.lms.page("member2", "/courses/course-1").text


def cell_of(lms: LmsDriver, person: str = "member1") -> dict[str, Any]:
    return lms.gradebook("course-1")["小测", person]


def test_teacher_changes_a_grade_and_the_next_score_takes_its_place(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now())
    column = str(cell_of(services.lms)["line_item"])
    change = {"column": column, "person": "member1"}
    assert services.lms.post("teacher", "/courses/course-1/gradebook", **change, score="7.5").status == 303
    assert cell_of(services.lms)["score"] == 7.5
    assert services.lms.post("teacher", "/courses/course-1/gradebook", **change, score="").status == 303
    assert cell_of(services.lms)["score"] is None
    clock.advance(seconds=5)
    services.score("link-quiz", at=clock.now())
    assert cell_of(services.lms)["score"] == 16


def test_changed_grade_stays_where_the_platform_is_a_moodle(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now())
    column = str(cell_of(services.lms)["line_item"])
    services.lms.profile("moodle")
    services.lms.post("teacher", "/courses/course-1/gradebook", column=column, person="member1", score="3")
    services.lms.profile("plain")
    clock.advance(seconds=5)
    services.score("link-quiz", at=clock.now())
    assert cell_of(services.lms)["score"] == 3


def test_only_a_teacher_changes_grades_and_only_to_what_fits(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now())
    column = str(cell_of(services.lms)["line_item"])
    change = {"column": column, "person": "member1", "score": "3"}
    assert services.lms.post("member1", "/courses/course-1/gradebook", **change).status == 404
    for wrong, status in (
        ({"score": "21"}, 400), ({"score": "-1"}, 400), ({"score": "nan"}, 400), ({"score": "x"}, 400),
        ({"column": "x"}, 400), ({"column": "999"}, 404), ({"person": "teacher"}, 404), ({"person": "nobody"}, 404),
    ):  # fmt: skip
        assert services.lms.post("teacher", "/courses/course-1/gradebook", **{**change, **wrong}).status == status
    assert cell_of(services.lms)["score"] == 16
    assert '/gradebook"><input' not in services.lms.page("member1", "/courses/course-1/gradebook").text


def test_services_stop_and_resume_answering(services: Services, clock: StillClock) -> None:
    services.lms.post("member1", "/courses/course-1/outage", stop="1")
    assert 'data-outage="on"' in services.lms.page("member1", "/courses/course-1").text
    assert services.ask_token().status == 503
    services.lms.post("member1", "/courses/course-1/outage")
    assert services.score("link-quiz", at=clock.now()).status == 200


def test_english_is_chosen_and_travels_as_the_locale_of_a_launch(lms: LmsDriver) -> None:
    assert '<html lang="zh-CN">' in lms.page("member1", "/courses").text
    lms.post("member1", "/locale", locale="en")
    page = lms.page("member1", "/courses/course-1").text
    assert '<html lang="en">' in page
    assert "My grades" in page
    assert lms.post("member1", "/locale", locale="xx").status == 400


def test_pages_run_no_script_but_ours_and_frame_only_the_tool(lms: LmsDriver) -> None:
    policy = lms.page("member1", "/courses/course-1").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert f"frame-src 'self' {TOOL};" in policy
    for path in ("/login", "/courses/course-1", "/courses/course-1/links/link-quiz", "/courses/course-1/gradebook"):
        page = lms.page("teacher", path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", page)


def test_write_from_another_site_is_refused(lms: LmsDriver) -> None:
    reply = lms.browser("teacher").request("POST", f"{ISSUER}/courses/course-1/links", form={"title": "x"},
                                           headers={"Origin": TOOL})  # fmt: skip
    assert reply.status == 403
    assert lms.page("teacher", "/courses/course-1?lti_msg=%3Cscript%3E").text.count("<script>") == 0


def test_cookie_is_not_for_other_sites(lms: LmsDriver) -> None:
    cookie = lms.post(None, "/login", person="member1").headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie


def test_control_is_closed_unless_asked_for(app: Flask, lms: LmsDriver) -> None:
    reply = app.test_client().get("/control/key", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert reply.status_code == 403
    reply = app.test_client().get("/control/key", headers={"Origin": ISSUER})
    assert reply.status_code == 403
