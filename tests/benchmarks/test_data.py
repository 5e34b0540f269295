"""The benchmarks' data set in miniature: what is asked of the product is answered, and the floors work."""

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from benchmarks import floor, floor_template, requests
from benchmarks.data import School, Size, fill
from benchmarks.measure import write_requests
from lti_tool.core.database import Database
from lti_tool.ledger.models import Result
from quizzes.attempts.models import Answer
from tests.school import LMS, ORIGIN

SMALL = Size(members=3, activities=8, slots=4)


@pytest.fixture
def course(app: Flask) -> School:
    """The small data set in the test's database."""
    return fill(app, LMS, SMALL)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser whose cookies are those of the request."""
    return app.test_client(use_cookies=False)


def send(browser: FlaskClient, request: requests.Request, number: int = 7) -> TestResponse:
    """Send one request as the measuring client does."""
    body = request.get("body", "").replace("{n}", str(number))
    return browser.open(request["path"], method=request["method"], headers=request.get("headers"), data=body)


def test_results_and_answers_of_every_member(app: Flask, course: School) -> None:
    with app.extensions["dangke"].database.reading_core() as connection:
        assert connection.scalar(select(func.count()).select_from(Answer)) == 3 * 4
        assert connection.scalar(select(func.count()).select_from(Result)) == 3 * (8 + 1)


def test_autosave_of_the_file_is_saved(app: Flask, course: School, browser: FlaskClient) -> None:
    for request in requests.autosaves(course, ORIGIN)[:5]:
        answer = send(browser, request, 12)
        assert (answer.status_code, answer.get_json()["seq"]) == (200, 12)


def test_heartbeat_of_the_file_counts(course: School, browser: FlaskClient) -> None:
    for request in requests.beats(course, ORIGIN):
        answer = send(browser, request)
        assert answer.status_code == 200
        assert answer.get_json()["counting"]


def test_home_of_the_file_shows_all_tasks(course: School, browser: FlaskClient) -> None:
    answer = send(browser, requests.homes(course)[0])
    assert answer.status_code == 200
    assert answer.get_data(as_text=True).count('<li class="task') == SMALL.activities
    assert len(gzip.compress(answer.data)) < 20_000


def test_template_floor_renders_the_same_rows(app: Flask, course: School, browser: FlaskClient) -> None:
    request = requests.homes(course)[0]
    bare = floor_template.create_floor(app, course.home_id, [request["headers"]["Cookie"]])
    rows = [page.get_data(as_text=True).partition('<ul class="tasks">')[2].partition("<aside")[0]
            for page in (bare.test_client().get("/floor/home"), send(browser, request))]  # fmt: skip
    assert rows[0] == rows[1] != ""


def test_floor_saves_and_shows(tmp_path: Path, course: School) -> None:
    database = Database(f"sqlite:///{tmp_path / 'floor.db'}")
    floor.prepare(database)
    database.dispose()
    app = floor.create_floor(f"sqlite:///{tmp_path / 'floor.db'}")
    browser = app.test_client()
    for path in ("/floor/upsert", "/floor/verify-upsert"):
        assert send(browser, requests.floor_upserts(path, course)[0]).get_json() == {"ok": True}
    assert send(browser, requests.floor_pages()[1]).get_data(as_text=True).count("<li") == floor.PAGE_ROWS
    app.extensions["database"].dispose()


def test_files_are_lines_of_json(tmp_path: Path, course: School) -> None:
    write_requests(tmp_path / "x.jsonl", requests.beats(course, ORIGIN))
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text("utf-8").splitlines()]
    assert {"method", "path", "headers", "body"} <= set(lines[0])
