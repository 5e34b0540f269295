"""Every score's way as the instructor sees it, in words, and what a button there does."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from lti_tool.ledger.rules import PostState
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor

People = Callable[[str], Visitor]


def rows(page: str) -> dict[str, str]:
    """The text of each table row or list item that names a member, by name."""
    found: dict[str, str] = {}
    for row in re.findall(r"<tr\b.*?</tr>|<li\b.*?</li>", page, re.DOTALL):
        text = " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split())
        for name in ("李小明", "王静", "陈晨", "刘洋"):
            if name in text:
                found.setdefault(name, text)
    return found


@pytest.mark.shows("J-15")
def test_instructor_sees_every_way(campus: Campus, visitor: People) -> None:
    quiz, link, teacher = campus.activity("quiz"), campus.link("quiz"), visitor("teacher")
    campus.lms.allow_grades(link, allowed=False)
    people = {name: visitor(name) for name in ("member1", "member2", "member3", "member4")}
    people["member1"].launch(link)
    people["member1"].take(quiz.id, right=2)
    campus.work()
    teacher.launch(link)
    assert "等待平台建列" in rows(teacher.open(f"/scores/{quiz.id}").text)["李小明"]
    campus.lms.allow_grades(link, allowed=True)
    teacher.launch(link)
    for name in ("member1", "member2", "member3"):
        people[name].launch(link)
    assert "等待发送" in rows(teacher.open(f"/scores/{quiz.id}").text)["李小明"]
    gone = {"course": "course-1", "person": "member2", "role": "Learner", "status": "Inactive"}
    campus.lms.control("POST", "enrolment", gone)
    people["member2"].take(quiz.id, right=3)
    campus.work()
    campus.lms.fault("scores", "status", status=503)
    people["member3"].take(quiz.id, right=4)
    campus.work()
    assert set(rows(teacher.open(f"/scores/{quiz.id}").text)) == {"王静", "陈晨"}, "at first what is not there yet"
    shown = rows(teacher.open(f"/scores/{quiz.id}?show=all").text)
    assert "已发送" in shown["李小明"]
    assert "被退回" in shown["王静"]
    assert "等待发送" in shown["陈晨"]
    assert len(shown["王静"]) > len(shown["李小明"]), "it says why"
    assert "刘洋" not in shown


def test_scores_page_is_for_those_who_may_follow(campus: Campus, visitor: People) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    member.launch(campus.link("quiz"))
    assert member.open(f"/scores/{quiz.id}").status == 404
    stranger = visitor("teacher2")
    stranger.launch(campus.link("quiz", course=1))
    assert stranger.open(f"/scores/{quiz.id}").status == 404


@pytest.mark.shows("J-15")
def test_send_again_after_the_cause_is_mended(campus: Campus, visitor: People) -> None:
    quiz, link, member, teacher = campus.activity("quiz"), campus.link("quiz"), visitor("member1"), visitor("teacher")
    member.launch(link)
    away = {"course": "course-1", "person": "member1", "role": "Learner", "status": "Inactive"}
    campus.lms.control("POST", "enrolment", away)
    member.take(quiz.id)
    campus.work()
    assert campus.posts()[link, "member1"].state is PostState.refused
    campus.lms.control("POST", "enrolment", {**away, "status": "Active"})
    teacher.launch(link)
    page = teacher.open(f"/scores/{quiz.id}").text
    forms = re.findall(r'<form[^>]*method="post"[^>]*action="(/scores/[^"]+)"(.*?)</form>', page, re.DOTALL)
    path, inner = next(form for form in forms if "/send" in form[0])
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', inner))
    fields.pop("csrf_token", None)
    assert teacher.send(path, **fields).status == 303
    campus.work(after=5)
    assert campus.grade("member1") == 100


def test_two_courses_in_two_tabs_of_one_browser(campus: Campus, visitor: People) -> None:
    """One person learns in the first course and teaches in the second, with one cookie jar."""
    both = visitor("both")
    both.launch(campus.link("quiz", course=0))
    learns = both.address
    both.launch(campus.link("quiz", course=1))
    teaches = both.address
    first, second = campus.activity("quiz"), campus.activity("quiz", course=1)
    assert both.open(learns).status == both.open(teaches).status == 200
    assert both.open(f"/scores/{second.id}").status == 200
    assert both.open(f"/scores/{first.id}").status == 404
    attempt = both.begin(first.id)
    assert both.answer(attempt, 1, "a").status == 200
    both.submit(attempt)
    campus.work()
    assert campus.grade("both") == 20
    assert campus.lms.gradebook("course-2") == {}


@pytest.mark.shows("J-24")
def test_next_person_in_the_same_browser_gets_nothing_of_the_former(campus: Campus, visitor: People) -> None:
    quiz, link = campus.activity("quiz"), campus.link("quiz")
    former = visitor("member1")
    former.launch(link)
    attempt = former.begin(quiz.id)
    assert former.answer(attempt, 1, "a").status == 200
    old_token = former.csrf
    following = Visitor("member2", former.lms, former.tool_url, former.browser)
    following.launch(link)
    assert following.open(f"/attempts/{attempt}").status == 404
    former.csrf = old_token
    for refused in (former.answer(attempt, 2, "a", seq=9), former.submit(attempt)):
        assert refused.status == 409, refused.text[:300]
    assert following.begin(quiz.id) != attempt
