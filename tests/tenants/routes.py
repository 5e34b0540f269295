"""Every route of the application: how its address is built, what is sent there, and for whom it exists.

A route without an entry in FOR fails `test_every_route_has_an_entry`: whoever adds one says here for whom it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Flask
from werkzeug.routing import Rule


class For(StrEnum):
    """For whom the object that a route names exists."""

    members = "members"
    """Everybody in the course."""
    staff = "staff"
    """Instructors and assistants of the course."""
    authors = "authors"
    """Instructors of the course."""
    owner = "owner"
    """The member whose attempt or post it is."""
    chooser = "chooser"
    """The instructor who has this choice before him."""
    mentors = "mentors"
    """Whom the launch named as a mentor."""
    sent = "sent"
    """Whom the LMS has sent to one person's data."""
    session = "session"
    """Whoever has a session; it names nothing of a course in its address."""
    operator = "operator"
    """Whoever sits at the console: no LTI session has a right there."""
    everybody = "everybody"
    """It names nothing that belongs to a course; WHY says why it may say what it says."""


FOR: dict[str, For] = {
    "quizzes_attempts.run": For.owner,
    "quizzes_attempts.save_answer": For.owner,
    "quizzes_attempts.clock": For.owner,
    "quizzes_attempts.flag": For.owner,
    "quizzes_attempts.save_page": For.owner,
    "quizzes_attempts.result": For.owner,
    "quizzes_attempts.look_over": For.owner,
    "quizzes_attempts.submit": For.owner,
    "quizzes_attempts.start": For.members,
    "quizzes_attempts.begin": For.members,
    "quizzes_attempts.inspect": For.staff,
    "quizzes_attempts.review": For.staff,
    "quizzes_attempts.reopen": For.authors,
    "quizzes_attempts.give": For.authors,
    "quizzes_papers.archive": For.authors,
    "quizzes_papers.arrange": For.authors,
    "quizzes_papers.edit": For.authors,
    "quizzes_papers.publish": For.authors,
    "quizzes_papers.question": For.authors,
    "quizzes_papers.save_question": For.authors,
    "quizzes_papers.new_question": For.authors,
    "quizzes_papers.add_question": For.authors,
    "quizzes_papers.settings": For.authors,
    "quizzes_papers.save_settings": For.authors,
    "quizzes_papers.create": For.session,
    "quizzes_papers.created": For.session,
    "forum_threads.show": For.members,
    "forum_threads.new_thread": For.members,
    "forum_threads.create_thread": For.members,
    "forum_threads.thread": For.members,
    "forum_threads.reply": For.members,
    "forum_threads.edit_post": For.owner,
    "forum_threads.change_post": For.owner,
    "forum_threads.review": For.staff,
    "forum_threads.set_flag": For.authors,
    "forum_threads.hide_post": For.authors,
    "forum_threads.set_hidden": For.authors,
    "forum_threads.archive_forum": For.authors,
    "forum_threads.restore_forum": For.authors,
    "forum_threads.settings": For.authors,
    "forum_threads.change_settings": For.authors,
    "forum_threads.create": For.session,
    "forum_threads.created": For.session,
    "courses_outline.home": For.members,
    "courses_outline.members": For.staff,
    "courses_outline.review": For.staff,
    "courses_outline.new": For.authors,
    "courses_outline.task": For.authors,
    "courses_outline.ask_archive": For.authors,
    "courses_outline.archive": For.authors,
    "courses_outline.move_down": For.authors,
    "courses_outline.move_up": For.authors,
    "courses_outline.restore": For.authors,
    "courses_outline.create": For.session,
    "courses_lessons.show": For.members,
    "courses_lessons.answer": For.members,
    "courses_lessons.beat": For.members,
    "courses_lessons.record_progress": For.members,
    "courses_lessons.review": For.staff,
    "courses_lessons.edit": For.authors,
    "courses_lessons.save": For.authors,
    "courses_lessons.preview": For.authors,
    "courses_lessons.publish": For.authors,
    "courses_lessons.settings": For.authors,
    "courses_lessons.version": For.authors,
    "courses_lessons.restore": For.authors,
    "courses_lessons.create": For.session,
    "passback.activity": For.staff,
    "passback.score": For.staff,
    "passback.mine": For.members,
    "passback.ask_send": For.authors,
    "passback.ask_keep": For.authors,
    "passback.send_all": For.authors,
    "passback.send_one": For.authors,
    "passback.keep_there": For.authors,
    "passback.compare": For.authors,
    "roster.members": For.staff,
    "roster.refresh": For.authors,
    "roster.groups": For.staff,
    "roster.make_group": For.authors,
    "roster.group": For.staff,
    "roster.rename_group": For.authors,
    "roster.put_in": For.authors,
    "roster.take_out": For.authors,
    "roster.give_exception": For.authors,
    "roster.take_exception": For.authors,
    "roster.remove_group": For.authors,
    "launch.choose": For.chooser,
    "launch.bring": For.chooser,
    "launch.cancel": For.chooser,
    "launch.still_choosing": For.chooser,
    "launch.create_more": For.chooser,
    "launch.chosen": For.chooser,
    "launch.created": For.chooser,
    "launch.links": For.authors,
    "launch.relink": For.authors,
    "launch.mentoring": For.mentors,
    "launch.begin_preview": For.staff,
    "launch.end_preview": For.members,
    "launch.waiting": For.members,
    "launch.nothing_submitted": For.staff,
    "launch.open_activity_link": For.members,
    "media.show": For.members,
    "media.upload": For.session,
    "media.issue_tickets": For.session,
    "identity.preferences": For.session,
    "identity.leave": For.session,
    "identity.privacy": For.everybody,
    "portability.own": For.session,
    "portability.take": For.session,
    "portability.wish": For.session,
    "portability.withdraw": For.session,
    "portability.named": For.sent,
    "portability.take_named": For.sent,
    "portability.erase_named": For.sent,
    "portability.test_users": For.authors,
    "portability.remove_test_users": For.authors,
    "admin.door": For.everybody,
    "admin.enter": For.everybody,
    "launch.frame": For.everybody,
    "launch.jwks": For.everybody,
    "launch.explanation": For.everybody,
    "launch.launch": For.everybody,
    "launch.login": For.everybody,
    "launch.check": For.everybody,
    "launch.keep_in_storage": For.everybody,
    "launch.register": For.everybody,
    "launch.look_at_registration": For.everybody,
    "launch.confirm_registration": For.everybody,
    "launch.replace_registration": For.everybody,
    "components.sheet": For.everybody,
    "components.page": For.everybody,
    "ops.healthz": For.everybody,
    "ops.readyz": For.everybody,
    "asset": For.everybody,
}
WHY: dict[str, str] = {
    "identity.privacy": "says what is stored, the same to all",
    "admin.door": "a form for the secret of a one-time link",
    "admin.enter": "needs the secret of a one-time link",
    "launch.frame": "an empty page; it opens by the key that a launch was given (PS-08)",
    "launch.jwks": "public keys",
    "launch.explanation": "says that a launch begins in the LMS",
    "launch.launch": "protected by signature, state and nonce of one registration",
    "launch.login": "begins a launch",
    "launch.check": "the second half of a login, bound to its own cookie",
    "launch.keep_in_storage": "bound to a state of its own",
    "launch.register": "opens a page without a secret",
    "launch.look_at_registration": "needs the secret of one invitation, which names its tenant",
    "launch.confirm_registration": "needs the secret of one invitation, which names its tenant",
    "launch.replace_registration": "needs the secret of one invitation, which names its tenant",
    "components.sheet": "samples for developers, not in production",
    "components.page": "samples for developers, not in production",
    "ops.healthz": "says that the process answers",
    "ops.readyz": "says that the database answers",
    "asset": "files of ours",
}

ACTIVITIES = {"lessons": "lesson", "home": "home", "quizzes": "quiz", "forum": "forum", "scores": "quiz", "lti": "quiz"}
"""What `activity_id` is, by the first part of the address."""
ARGUMENTS = {
    "task_id": "lesson",
    "attempt_id": "attempt",
    "member_id": "member",
    "number": "number",
    "key": "key",
    "version_id": "version",
    "thread_id": "thread",
    "post_id": "post",
    "choice": "choice",
    "context_id": "context",
    "placement_id": "unset",
    "group_id": "group",
    "registration_id": "registration",
    "request_id": "request",
    "token": "token",
    "reference": "reference",
}
FIXED = {"what": "pin", "name": "error", "build": "x"}
"""Arguments that name no row."""
ABSENT = {"token": "f" * 32, "reference": "x" * 22, "key": "q999999", "number": "999999"}
NOWHERE = "900000001"
"""An id that no row has."""

_FORM: dict[str, Any] = {
    "title": "T", "body": "Body", "reason": "r", "kind": "lesson", "upto": "t1", "answer": "b", "minutes": "5",
    "do": "up:1", "key": ["t1"], "kind-t1": "text", "source-t1": "x", "source": "x", "activity_id": "{quiz}",
    "name": "N", "member_id": "{member}",
}  # fmt: skip
_JSON: dict[str, Any] = {
    "quizzes_attempts.save_answer": {"slot": 1, "seq": 2, "response": "b"},
    "quizzes_attempts.flag": {"slot": 1, "is_flagged": True},
    "courses_lessons.beat": {},
}
_QUERY = {
    "quizzes_papers.new_question": "?kind=single",
    "quizzes_papers.add_question": "?kind=single",
    "launch.created": "?activity={quiz}",
}


def is_console(endpoint: str) -> bool:
    """Whether only the operator may: a new route of the console has no entry, and nobody here may find it."""
    return endpoint.startswith("admin.") and endpoint not in FOR


@dataclass(frozen=True)
class Route:
    """One method of one route."""

    rule: Rule
    method: str

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)

    @property
    def reach(self) -> For:
        return For.operator if is_console(self.endpoint) else FOR[self.endpoint]

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"

    @property
    def names(self) -> list[str]:
        """The words for the objects that the address names, in their order."""
        first = self.rule.rule.split("/")[1]
        ordered = [part.arg for part in _arguments(self.rule) if part.arg not in FIXED]
        return [ACTIVITIES[first] if name == "activity_id" else ARGUMENTS.get(name, name) for name in ordered]

    def address(self, values: Mapping[str, str]) -> str:
        """The address with the values of these objects."""
        first = self.rule.rule.split("/")[1]
        path = self.rule.rule
        for each in _arguments(self.rule):
            word = ACTIVITIES[first] if each.arg == "activity_id" else ARGUMENTS.get(each.arg, "")
            path = path.replace(each.text, FIXED[each.arg] if each.arg in FIXED else self._value(word, values))
        return path + _QUERY.get(self.endpoint, "").format_map(values)

    def _value(self, word: str, values: Mapping[str, str]) -> str:
        return values.get(word, values["row"]) if self.reach is For.operator else values[word]

    def body(self, values: Mapping[str, str]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """(JSON, form): what is sent there, in a shape that is not refused before it is looked at."""
        form = {name: value.format_map(values) if isinstance(value, str) else value for name, value in _FORM.items()}
        return _JSON.get(self.endpoint), form


@dataclass(frozen=True)
class _Argument:
    text: str
    arg: str


def _arguments(rule: Rule) -> Iterator[_Argument]:
    for part in rule.rule.split("<")[1:]:
        inside = part.partition(">")[0]
        yield _Argument(f"<{inside}>", inside.rpartition(":")[2])


def absent(values: Mapping[str, str]) -> dict[str, str]:
    """The same words with values that nothing has."""
    return {name: ABSENT.get(name, NOWHERE) for name in values}


def routes(app: Flask) -> list[Route]:
    """All routes, one entry per method."""
    found = [
        Route(rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=str)
