"""The data set: a school's course as it stands at the end of a term, put in by bulk inserts.

2,000 members, a course home with 40 activities, 80,000 results, 40,000 answers in open attempts, columns in the LMS and the
way of every delivered score, learning time, and a signed-in browser for every member.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import Connection, insert, text

from courses.lessons.models import Lesson, LessonUse, LessonVersion
from courses.progress.models import LearningTime
from forum.threads.models import ForumUse
from lti_tool.core.web import Runtime
from lti_tool.identity import csrf
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import Context, Deployment, Enrolment, EnrolmentSource, Member, Registration, Tenant
from lti_tool.identity.sessions import NewGrant, open_session
from lti_tool.ledger.models import (
    Activity,
    ActivityStatus,
    LineItem,
    LineItemSource,
    LineItemState,
    Placement,
    Result,
    ScorePost,
)
from lti_tool.ledger.rules import PostState, ResultState
from quizzes.attempts.models import Answer, Attempt
from quizzes.attempts.rules import AttemptState
from quizzes.bank.models import Question, QuestionVersion
from quizzes.papers.models import Quiz, QuizUse, QuizVersion
from quizzes.papers.rules import Settings

CLIENT_ID, DEPLOYMENT_ID, COURSE = "dangke-bench", "1", "bench"
KINDS = ("lesson", "quiz", "lesson", "forum")
TITLES = ("怎样阅读原始材料", "笔记与复述", "比较两种说法", "小组讨论：一个来源可靠吗")
COLUMN_URL = "{lms}/lti/ags/{course}/lineitems/{number}/lineitem"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is put in."""

    members: int = 2000
    activities: int = 40
    slots: int = 20


@dataclass(frozen=True, slots=True)
class Browser:
    """A signed-in member: what its requests carry."""

    member_id: int
    token: str
    csrf: str


@dataclass(frozen=True, slots=True)
class School:
    """What was put in, by id."""

    registration_id: int
    context_id: int
    home_id: int
    home_token: str
    activities: dict[str, list[int]]
    """Ids by kind, in the order of the course home."""
    browsers: list[Browser]
    attempts: list[int]
    """The open attempt of each member, in the order of `browsers`."""
    slots: int


def fill(app: Flask, lms: str, size: Size | None = None) -> School:
    """Put the data set into the empty database of `app`. `lms` is the origin of the LMS that the columns lie in."""
    size = size or Size()
    runtime: Runtime = app.extensions["dangke"]
    now = runtime.clock.now()
    with runtime.database.writing_core() as connection:
        course = _Course(connection, lms, now)
        members = course.members(size.members)
        home, token, tasks = course.outline(size.activities)
        course.contents(tasks, size.slots)
        course.results(tasks, home, members)
        attempts = course.attempts(tasks, members, size.slots)
        tokens = [_signed_in(connection, course.context_id, member, now) for member in members]
        _raise_sequences(connection)
    with runtime.database.engine.connect() as bare:
        # As after months of use: what was written long ago stands in the file and not in the log beside it, and autovacuum
        # has counted the rows.
        bare.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if runtime.database.is_sqlite else "ANALYZE")
        bare.commit()
    with app.app_context():
        browsers = [
            Browser(member, token, csrf.issue(session, member))
            for member, (token, session) in zip(members, tokens, strict=True)
        ]
    by_kind: dict[str, list[int]] = {}
    for task in tasks:
        by_kind.setdefault(task["kind"], []).append(task["id"])
    return School(course.registration_id, course.context_id, home, token, by_kind, browsers, attempts, size.slots)


def _raise_sequences(connection: Connection) -> None:
    """PostgreSQL counts on from the ids that were given here."""
    if connection.dialect.name != "postgresql":
        return
    for table in (Member, Activity, Placement, LineItem, Attempt, Question, QuestionVersion):
        name = table.__tablename__
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))


def _signed_in(connection: Connection, context_id: int, member_id: int, now: datetime) -> tuple[str, int]:
    grant = NewGrant(
        context_id=context_id, member_id=member_id, role=Role.member, locale="zh-CN", document_target="iframe"
    )
    return open_session(connection, grant=grant, carrier=Carrier.cookie, now=now)


def sub_of(number: int) -> str:
    """The demo LMS's id of the made-up member `number`, counted from 1."""
    return f"m{number:06}"


class _Course:
    """One course in one transaction."""

    def __init__(self, connection: Connection, lms: str, now: datetime) -> None:
        self.connection, self.lms, self.now = connection, lms, now
        tenant = self._one(Tenant, name="Benchmark")
        self.registration_id = self._one(
            Registration, tenant_id=tenant, name="Benchmark", issuer=lms, client_id=CLIENT_ID, auth_url=f"{lms}/auth",
            token_url=f"{lms}/token", jwks_url=f"{lms}/jwks", frame_origins=[lms], is_demo=True, created_at=now,
        )  # fmt: skip
        self.tenant_id = tenant
        deployment = self._one(
            Deployment, registration_id=self.registration_id, tenant_id=tenant, deployment_id=DEPLOYMENT_ID
        )
        self.context_id = self._one(
            Context, deployment_id=deployment, tenant_id=tenant, context_key=f"c:{COURSE}", title="学习方法入门",
            label="DK-1", created_at=now,
        )  # fmt: skip

    def _one(self, table: type[Any], **values: Any) -> int:
        return int(self.connection.execute(insert(table).values(**values).returning(table.id)).scalar_one())

    def _many(self, table: type[Any], rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(insert(table), rows)

    def members(self, count: int) -> list[int]:
        """Members of the course; their ids."""
        ids = list(range(1, count + 1))
        self._many(
            Member,
            [
                {"id": n, "registration_id": self.registration_id, "tenant_id": self.tenant_id, "sub": sub_of(n),
                 "name": f"成员{n:06}", "created_at": self.now}
                for n in ids
            ],
        )  # fmt: skip
        self._many(
            Enrolment,
            [
                {"context_id": self.context_id, "member_id": n, "role": Role.member, "source": EnrolmentSource.launch,
                 "last_launch_at": self.now}
                for n in ids
            ],
        )  # fmt: skip
        return ids

    def outline(self, count: int) -> tuple[int, str, list[dict[str, Any]]]:
        """The course home with `count` activities of all kinds in four sections: (id, token, rows)."""
        token = secrets.token_hex(16)
        home = self._one(
            Activity, context_id=self.context_id, kind="outline", title="学习方法入门", status=ActivityStatus.published,
            token=token, created_at=self.now,
        )  # fmt: skip
        tasks = [self._task(home, number, count) for number in range(count)]
        self._many(Activity, tasks)
        places = [(home, "bench-home"), *((task["id"], f"bench-{task['id']}") for task in tasks)]
        self._many(
            Placement,
            [
                {"id": n, "context_id": self.context_id, "resource_link_id": link, "activity_id": activity,
                 "title": link, "lineitems_url": f"{self.lms}/lti/ags/{COURSE}/lineitems", "created_at": self.now}
                for n, (activity, link) in enumerate(places, 1)
            ],
        )  # fmt: skip
        self._many(
            LineItem,
            [
                {"id": n, "placement_id": n, "activity_id": places[n - 1][0],
                 "url": COLUMN_URL.format(lms=self.lms, course=COURSE, number=n),
                 "source": LineItemSource.claimed, "state": LineItemState.ready, "checked_at": self.now}
                for n in range(1, len(places) + 1)
            ],
        )  # fmt: skip
        return home, token, tasks

    def _task(self, home: int, number: int, count: int) -> dict[str, Any]:
        kind = KINDS[number % len(KINDS)]
        criteria = {
            "lesson": [["blocks", 6], ["seconds", 600]],
            "quiz": [["score", 60]],
            "forum": [["post", 1], ["replies", 2]],
        }
        return {
            "id": home + 1 + number,
            "context_id": self.context_id,
            "parent_id": home,
            "kind": kind,
            "title": f"第{number + 1}讲　{TITLES[number % len(TITLES)]}",
            "summary": {"lesson": "", "quiz": "20 题", "forum": ""}[kind],
            "status": ActivityStatus.published,
            "due_at": self.now + timedelta(days=number - count // 2, hours=3) if number % 5 else None,
            "is_required": number % 7 != 3,
            "criteria": criteria[kind],
            "effort_minutes": {"lesson": 18, "quiz": 20, "forum": 0}[kind],
            "position": number,
            "section": f"第{number * 4 // count + 1}单元",
            "token": secrets.token_hex(16),
            "created_at": self.now,
        }

    def contents(self, tasks: Sequence[dict[str, Any]], slots: int) -> None:
        """What the activities show: a lesson with a clock, a quiz of `slots` questions, a discussion's task."""
        stamp = {"created_at": self.now}
        lesson = self._one(Lesson, context_id=self.context_id, draft=[], draft_saved_at=self.now, **stamp)
        block = {"key": "a", "kind": "text", "source": "正文", "html": "<p>正文</p>"}
        version = self._one(LessonVersion, lesson_id=lesson, number=1, title="讲义", blocks=[block], **stamp)
        lessons = [task["id"] for task in tasks if task["kind"] == "lesson"]
        self._many(
            LessonUse,
            [
                {"activity_id": n, "lesson_id": lesson, "lesson_version_id": version, "min_seconds": 600}
                for n in lessons
            ],
        )
        self._many(Question, [{"id": n, "context_id": self.context_id, **stamp} for n in range(1, slots + 1)])
        self._many(
            QuestionVersion,
            [
                {"id": n, "question_id": n, "number": 1, "kind": "single", "body": _question(n),
                 "stem_html": f"<p>问题 {n}</p>", **stamp}
                for n in range(1, slots + 1)
            ],
        )  # fmt: skip
        quiz = self._one(Quiz, context_id=self.context_id, **stamp)
        items = [{"version": n, "points": "5"} for n in range(1, slots + 1)]
        drawn_from = self._one(QuizVersion, quiz_id=quiz, number=1, items=items, **stamp)
        settings = Settings(time_limit_seconds=7200).to_json()
        quizzes = [task["id"] for task in tasks if task["kind"] == "quiz"]
        self._many(QuizUse, [{"activity_id": n, "quiz_version_id": drawn_from, "settings": settings} for n in quizzes])
        self._many(ForumUse, [{"activity_id": task["id"]} for task in tasks if task["kind"] == "forum"])

    def results(self, tasks: Sequence[dict[str, Any]], home: int, members: Sequence[int]) -> None:
        """A result for every member in every activity, three fifths of them completed and delivered; learning time."""
        for number, task in enumerate(tasks):
            is_done = number % 5 < 3
            self._many(Result, [self._result(task, member, is_done=is_done) for member in members])
            if is_done:
                self._many(ScorePost, [self._delivered(number + 2, task["id"], member) for member in members])
            if task["kind"] == "lesson":
                time = {"activity_id": task["id"], "open_ms": 2_000_000, "last_at": self.now}
                self._many(
                    LearningTime,
                    [time | {"member_id": n, "credited_ms": 300_000 + n * 7919 % 1500 * 1000} for n in members],
                )
        whole = {"id": home, "kind": "outline", "criteria": []}
        self._many(Result, [self._result(whole, member, is_done=False) for member in members])

    def _result(self, task: dict[str, Any], member: int, *, is_done: bool) -> dict[str, Any]:
        earlier = self.now - timedelta(days=2, minutes=member)
        return {
            "activity_id": task["id"],
            "member_id": member,
            "progress": Decimal(1) if is_done else Decimal("0.4"),
            "score": _score(task["id"], member) if is_done or task["kind"] == "outline" else None,
            "criteria_met": [is_done or place == 0 for place in range(len(task["criteria"]))],
            "state": ResultState.done if is_done else ResultState.doing,
            "started_at": earlier,
            "completed_at": earlier if is_done else None,
            "updated_at": earlier,
        }

    def _delivered(self, line_item: int, activity: int, member: int) -> dict[str, Any]:
        score = _score(activity, member)
        return {
            "line_item_id": line_item,
            "member_id": member,
            "state": PostState.sent,
            "due_at": self.now,
            "send_at": self.now,
            "sent_score": score,
            "sent_revision": 1,
            "sent_at": self.now,
        }

    def attempts(self, tasks: Sequence[dict[str, Any]], members: Sequence[int], slots: int) -> list[int]:
        """An open attempt for every member with all its questions answered; their ids."""
        quizzes = [task["id"] for task in tasks if task["kind"] == "quiz"]
        paper = [{"version": n, "points": "5", "order": ["a", "b", "c", "d"], "rule": ""} for n in range(1, slots + 1)]
        self._many(
            Attempt,
            [
                {"id": place, "context_id": self.context_id, "activity_id": quizzes[place % len(quizzes)],
                 "member_id": member, "number": 1, "state": AttemptState.in_progress, "limit_seconds": 7200,
                 "started_at": self.now, "ends_at": self.now + timedelta(hours=2),
                 "next_check_at": self.now + timedelta(hours=2), "schedule_version": 1, "paper": paper,
                 "slots": slots, "maximum": Decimal(100)}
                for place, member in enumerate(members, 1)
            ],
        )  # fmt: skip
        ids = list(range(1, len(members) + 1))
        answer = {"seq": 1, "response": "a", "saved_at": self.now}
        self._many(
            Answer, [answer | {"attempt_id": attempt, "slot": slot} for attempt in ids for slot in range(1, slots + 1)]
        )
        return ids


def _score(activity: int, member: int) -> Decimal:
    """60 to 99.5, different from task to task and from member to member."""
    return Decimal(120 + (activity * 11 + member * 37) % 80) / 2


def _question(number: int) -> dict[str, Any]:
    options = [
        {"id": name, "text": f"选项 {name}", "is_correct": name == "a", "fixed": False, "feedback": "", "weight": None}
        for name in "abcd"
    ]
    return {"kind": "single", "stem": f"问题 {number}", "options": options, "explanation": "", "shuffle": True}
