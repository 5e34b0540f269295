"""The thinnest whole launch, and where launches land."""

from flask.testing import FlaskClient

from tests.lti.world import ORIGIN, World, path_of


def test_a_member_reaches_the_activity_behind_the_link(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    answer = world.launch(browser)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"], base_url=ORIGIN)
    assert page.get_json()["role"] == "member"
    assert page.get_json()["title"] == activity.title
    assert page.get_json()["name"] == "李小明"


def test_an_instructor_is_asked_what_an_unset_link_shall_show(world: World, browser: FlaskClient) -> None:
    answer = world.launch(browser, "teacher")
    assert path_of(answer).startswith("/lti/choose/")
    assert browser.get(answer.headers["Location"], base_url=ORIGIN).status_code == 200
