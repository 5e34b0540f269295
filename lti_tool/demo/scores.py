"""Scores and results (Assignment and Grade Services 2.0, 3.3 and 3.4), with Moodle's sharp edges kept.

A score without `scoreGiven`, or one that is not FullyGraded, takes the grade away. The path of a score is short on
purpose: one transaction of five statements.
"""

import json
import math
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from lti_tool.demo.ags import find
from lti_tool.demo.faults import FaultKind, failure, planned, strike
from lti_tool.demo.launches import line_item_url
from lti_tool.demo.moodle import error_page, meant_person, shown_person
from lti_tool.demo.names import SCOPE_RESULT_READ, SCOPE_SCORE, TYPE_RESULTS, TYPE_SCORE
from lti_tool.demo.runtime import Profile, lms, profile
from lti_tool.demo.services import cut, must_accept, must_send, refusal, typed
from lti_tool.demo.store import stamp
from lti_tool.demo.tokens import ServiceRefused, require

blueprint = Blueprint("demo_scores", __name__, url_prefix="/lti/ags/<course_id>/lineitems/<int:item_id>/lineitem")

ACTIVITY_PROGRESS = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
LEEWAY_SECONDS = 60
LOGGED_TEXTS = ("userId", "activityProgress", "gradingProgress", "timestamp", "comment")
LOGGED_NUMBERS = ("scoreGiven", "scoreMaximum")


@dataclass(frozen=True)
class Score:
    """A score as it was posted, checked as far as it can be without the gradebook."""

    person_id: str
    given: float | None
    maximum: float | None
    activity_progress: str
    grading_progress: str
    moment: datetime
    comment: str

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Score":
        """Raises ServiceRefused (400)."""
        person, activity, grading = body.get("userId"), body.get("activityProgress"), body.get("gradingProgress")
        if not isinstance(person, str) or not person:
            raise ServiceRefused(400, "userId is missing")
        if activity not in ACTIVITY_PROGRESS or grading not in GRADING_PROGRESS:
            raise ServiceRefused(400, "activityProgress or gradingProgress is missing or unknown")
        given, maximum = _number(body, "scoreGiven"), _number(body, "scoreMaximum")
        if given is not None and not maximum:
            raise ServiceRefused(400, "scoreMaximum must be positive when there is a scoreGiven")
        comment = body.get("comment", "")
        if not isinstance(comment, str):
            raise ServiceRefused(400, "comment must be a string")
        return cls(person, given, maximum, activity, grading, _moment(body.get("timestamp")), comment)


@blueprint.post("/scores")
def post_score(course_id: str, item_id: int) -> ResponseReturnValue:
    """Take a score into the gradebook, and keep a record of the request whatever is answered."""
    answer, fault = strike(lms().faults, "scores", lambda status, reason: _witness(item_id, status, reason))
    if answer is not None:
        return answer
    is_lost = fault is not None and fault.kind is FaultKind.LOSE
    try:
        with lms().store.writing() as connection:
            client = require(connection, SCOPE_SCORE)
            kind = profile(connection)
            score = _meant(connection, kind, Score.read(must_send(kind, TYPE_SCORE)))
            _check(connection, find(connection, course_id, item_id, client), score)
            if not is_lost:
                _store(connection, course_id, item_id, score)
            status = fault.status if fault is not None and not is_lost else 200
            _log(connection, item_id, status, planned(fault), was_stored=not is_lost)
    except ServiceRefused as refused:
        _witness(item_id, refused.status, refused.reason)
        return refusal(refused.status, refused.reason)
    return failure(fault) if fault is not None and not is_lost else Response(status=200)


@blueprint.get("/results")
def results(course_id: str, item_id: int) -> ResponseReturnValue:
    """The grades of a column, filtered by user_id; who has none is not listed."""
    answer, _ = strike(lms().faults, "results")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        client = require(connection, SCOPE_RESULT_READ)
        must_accept(profile(connection), TYPE_RESULTS)
        item = find(connection, course_id, item_id, client)
        url = line_item_url(lms(), profile(connection), course_id, item_id)
        found = connection.execute(
            "SELECT * FROM grade WHERE line_item_id = ? AND score IS NOT NULL ORDER BY person_id", (item_id,)
        ).fetchall()
        kind, wanted = profile(connection), request.args.get("user_id")
        if kind.is_moodle and "limit" in request.args:
            return error_page()
        shown = {row["person_id"]: shown_person(connection, kind, row["person_id"]) for row in found}
        page, link = cut([row for row in found if wanted in (None, shown[row["person_id"]])])
    answer = typed([_result(url, item, row, shown[row["person_id"]]) for row in page], TYPE_RESULTS)
    answer.headers.update(link)
    return answer


def _number(body: dict[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise ServiceRefused(400, f"{name} must be a number of at least 0")
    return float(value)


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ServiceRefused(400, "timestamp is missing or no ISO 8601 time") from error
    if moment.tzinfo is None or "." not in text:
        raise ServiceRefused(400, "timestamp needs a time zone and a fraction of a second")
    return moment.astimezone(UTC)


def _meant(connection: sqlite3.Connection, kind: Profile, score: Score) -> Score:
    """The score of the person whom the tool means. Raises ServiceRefused: Moodle breaks (502) over what is no number."""
    if kind.is_moodle and not score.person_id.isdigit():
        raise ServiceRefused(502, "Coding error detected")
    return replace(score, person_id=meant_person(connection, kind, score.person_id))


def _check(connection: sqlite3.Connection, item: sqlite3.Row, score: Score) -> None:
    """Raises ServiceRefused: 400 for somebody who gets no grades here or a time to come, 409 unless the timestamp grows."""
    row = connection.execute(
        "SELECT grade.timestamp, grade.score, is_locked FROM enrolment"
        " LEFT JOIN grade ON grade.line_item_id = ? AND grade.person_id = enrolment.person_id"
        " LEFT JOIN teacher_grade ON teacher_grade.line_item_id = grade.line_item_id"
        " AND teacher_grade.person_id = grade.person_id"
        " WHERE enrolment.course_id = ? AND enrolment.person_id = ? AND role = 'Learner' AND status = 'Active'",
        (item["id"], item["course_id"], score.person_id),
    ).fetchone()
    if row is None:
        raise ServiceRefused(400, "Incorrect score received: userId gets no grades in this course")
    kind = profile(connection)
    # Moodle takes a time to come, and then nothing until its clock has got there.
    if not kind.is_moodle and (score.moment - lms().now()).total_seconds() > LEEWAY_SECONDS:
        raise ServiceRefused(400, "timestamp lies ahead")
    if row["is_locked"]:
        raise ServiceRefused(500 if kind.is_moodle else 403, "the grade is locked")
    if row["timestamp"] is None or (kind.is_moodle and row["score"] is None):
        return
    last, moment = datetime.fromisoformat(row["timestamp"]), score.moment
    if kind.whole_seconds:
        last, moment = last.replace(microsecond=0), moment.replace(microsecond=0)
    if moment <= last:
        raise ServiceRefused(409, "Refusing score with an earlier timestamp")


def _store(connection: sqlite3.Connection, course_id: str, item_id: int, score: Score) -> None:
    """Write the cell, rescaled to the column; only a FullyGraded score with a number gives one. A teacher's grade stays."""
    if score.grading_progress != "FullyGraded":
        score = replace(score, given=None)
    connection.execute(
        "INSERT INTO grade (line_item_id, person_id, score, comment, activity_progress, grading_progress, timestamp,"
        " received_at) SELECT id, :person, :given * maximum / :maximum, :comment, :activity, :grading, :moment, :now"
        " FROM line_item WHERE id = :item AND course_id = :course"
        " ON CONFLICT (line_item_id, person_id) DO UPDATE SET score = CASE WHEN EXISTS (SELECT 1 FROM teacher_grade t"
        " WHERE t.line_item_id = grade.line_item_id AND t.person_id = grade.person_id) THEN score ELSE excluded.score END,"
        " comment = excluded.comment,"
        " activity_progress = excluded.activity_progress, grading_progress = excluded.grading_progress,"
        " timestamp = excluded.timestamp, received_at = excluded.received_at",
        {"person": score.person_id, "given": score.given, "maximum": score.maximum, "comment": score.comment,
         "activity": score.activity_progress, "grading": score.grading_progress, "moment": stamp(score.moment),
         "now": stamp(lms().now()), "item": item_id, "course": course_id},
    )  # fmt: skip


def _witness(item_id: int, status: int, reason: str) -> None:
    with lms().store.writing() as connection:
        _log(connection, item_id, status, reason, was_stored=False)


def _log(connection: sqlite3.Connection, item_id: int, status: int, reason: str, *, was_stored: bool) -> None:
    """Keep what was posted as far as it can be read."""
    try:
        body = json.loads(request.get_data())
    except ValueError:
        body = None
    posted = body if isinstance(body, dict) else {}
    texts = {name: posted.get(name) if isinstance(posted.get(name), str) else None for name in LOGGED_TEXTS}
    texts["userId"] = meant_person(connection, profile(connection), texts["userId"] or "") or None
    numbers = {name: posted.get(name) if isinstance(posted.get(name), int | float) else None for name in LOGGED_NUMBERS}
    connection.execute(
        "INSERT INTO score_log (line_item_id, person_id, activity_progress, grading_progress, timestamp, comment, score,"
        " maximum, received_at, status, reason, was_stored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (item_id, *texts.values(), *numbers.values(), stamp(lms().now()), status, reason, int(was_stored)),
    )


def _result(url: str, item: sqlite3.Row, row: sqlite3.Row, person: str) -> dict[str, Any]:
    path, mark, query = url.partition("?")
    return {
        "id": f"{path}/results/{person}{mark}{query}",
        "userId": person,
        "resultScore": row["score"],
        "resultMaximum": item["maximum"],
        "comment": row["comment"],
        "scoreOf": url,
        "timestamp": row["timestamp"],
    }
