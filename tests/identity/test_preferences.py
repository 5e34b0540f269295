"""Language and appearance chosen by hand; the page that says what is stored."""

import pytest
from flask import Flask

from tests.school import School


def test_chosen_language_counts_more_than_what_the_launch_said(school: School) -> None:
    client = school.client(school.member)
    assert '<html lang="zh-CN"' in client.get("/privacy").text
    answer = client.post_form("/preferences", {"language": "en", "next": "/privacy?"})
    assert answer.status_code == 303
    assert answer.location == "/privacy"
    assert '<html lang="en"' in client.get("/privacy").text


@pytest.mark.parametrize(("scheme", "shown"), [("dark", "dark"), ("auto", "auto"), ("light", "light")])
def test_chosen_scheme_is_shown_also_in_a_frame(school: School, scheme: str, shown: str) -> None:
    client = school.client(school.member)
    assert 'data-scheme="light"' in client.get("/privacy").text
    client.post_form("/preferences", {"scheme": scheme})
    assert f'data-scheme="{shown}"' in client.get("/privacy").text


@pytest.mark.parametrize("data", [{"language": "xx"}, {"scheme": "pink"}, {}])
def test_what_is_not_offered_is_refused(school: School, data: dict[str, str]) -> None:
    assert school.client(school.member).post_form("/preferences", data).status_code == 400


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "", "/a\nb"])
def test_the_way_back_never_leads_to_another_site(school: School, target: str) -> None:
    answer = school.client(school.member).post_form("/preferences", {"scheme": "dark", "next": target})
    assert answer.location == "/privacy"


def test_choice_of_one_person_does_not_change_the_pages_of_another(school: School) -> None:
    school.client(school.member).post_form("/preferences", {"language": "en"})
    assert '<html lang="zh-CN"' in school.client(school.member2).get("/privacy").text


def test_preferences_need_a_session_and_a_token(school: School) -> None:
    assert school.client(None).post("/preferences", data={"scheme": "dark"}).status_code == 403
    client = school.client(school.member)
    assert client.post("/preferences", data={"scheme": "dark"}).status_code == 403


def test_privacy_page_is_readable_without_a_session_in_both_languages(app: Flask) -> None:
    client = app.test_client()
    assert "从不记录的" in client.get("/privacy", headers={"Accept-Language": "zh"}).text
    assert "What is never recorded" in client.get("/privacy", headers={"Accept-Language": "en"}).text


def test_person_menu_names_the_person_and_marks_the_choices(school: School) -> None:
    page = school.client(school.member).get("/privacy").text
    assert "李小明" in page
    assert 'name="language" value="zh-CN" lang="zh-CN" aria-pressed="true"' in page
    assert 'name="scheme" value="light" aria-pressed="true"' in page
