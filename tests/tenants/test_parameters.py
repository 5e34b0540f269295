"""Ids in queries, forms and JSON: what is not of one's own course is what is nowhere, and nothing of it changes."""

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lti_tool.core.database import Database
from tests.school import School, SignedInClient
from tests.tenants.asking import Answer, counted, rows, seen
from tests.tenants.routes import absent
from tests.tenants.things import Things

OWN_ROWS = {"deep_link_request", "launch_grant"}
"""What these requests may change, of one's own: what is ticked, and the view as a member."""


@dataclass(frozen=True)
class Sent:
    """A request of an author whose address is of the own course, and whose parameters `{name}` are of another one."""

    method: str
    address: str
    status: int
    form: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    json: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.address}?{self.query} {' '.join(self.form)}"


SENT = (
    Sent("GET", "/quizzes/create", 404, query="choice={choice}"),
    Sent("POST", "/quizzes/create", 404, {"title": "T"}, query="choice={choice}"),
    Sent("GET", "/lessons/new", 404, query="choice={choice}"),
    Sent("POST", "/lessons/new", 404, {"title": "T", "source": "x", "choice": "{choice}"}),
    Sent("GET", "/home/new", 404, query="choice={choice}"),
    Sent("GET", "/forum/create", 404, query="choice={choice}"),
    Sent("GET", "/forum/create", 404, query="home={home}"),
    Sent("POST", "/forum/create", 404, {"title": "T", "body": "x", "threads": "1", "replies": "0"}, query="home={home}"),
    Sent("POST", "/forum/create", 404, {"title": "T", "body": "x"}, query="choice={choice}"),
    Sent("POST", "/lti/chosen/{choice}", 404, {"activity_id": "{quiz}"}),
    Sent("GET", "/lti/chosen/{choice}", 404, query="activity={quiz}"),
    Sent("POST", "/lti/choose/{choice}/bring", 404, {"activity_id": "{quiz}"}),
    Sent("POST", "/lti/choose/{choice}/create", 303, {"activity_id": "{quiz}", "kind": "lesson"}),
    Sent("GET", "/lti/choose/{choice}", 200, query="picked={quiz}"),
    Sent("POST", "/lti/links/{unset}", 404, {"activity_id": "{quiz}"}),
    Sent("POST", "/threads/{thread}/replies", 404, {"body": "x", "parent": "{post}"}),
    Sent("GET", "/threads/{thread}", 200, query="to={post}"),
    Sent("GET", "/lti/reviews/{quiz}", 404, query="member={member}"),
    Sent("POST", "/media", 404, {"context": "{context}"}),
    Sent("POST", "/media/tickets", 200, json={"references": ["{reference}"]}),
    Sent("POST", "/quizzes/{quiz}/arrange", 303, {"do": "remove:{version}"}),
    Sent("POST", "/lessons/{lesson}/edit", 400, {"title": "T", "key": "i1", "kind-i1": "image", "reference-i1": "{reference}", "alt-i1": "a"}),
    Sent("POST", "/lessons/{lesson}/publish", 400, {"title": "T", "key": "i1", "kind-i1": "image", "reference-i1": "{reference}", "alt-i1": "a"}),
    Sent("GET", "/courses/{context}/members", 200, query="group={group}"),
    Sent("GET", "/home/{home}/members", 200, query="group={group}"),
    Sent("GET", "/scores/{quiz}", 200, query="group={group}"),
    Sent("POST", "/courses/{context}/groups/{group}/people", 303, {"member_id": "{member}"}),
    Sent("POST", "/courses/{context}/groups/{group}/exceptions", 400, {"activity_id": "{quiz}", "minutes": "5"}),
    Sent("POST", "/lti/courses/{context}/preview", 303, {"activity": "{lesson}"}),
)  # fmt: skip


def filled(value: Any, values: dict[str, str]) -> Any:
    """The parameters with the values of these objects."""
    if isinstance(value, dict):
        return {name: filled(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, values) for each in value]
    return value.format_map(values) if isinstance(value, str) else value


def send(client: SignedInClient, database: Database, sent: Sent, own: dict[str, str], named: dict[str, str]) -> Answer:
    """Send it with an address of `own` and parameters of `named`; the answer without those parameters."""
    address, query = filled(sent.address, own), filled(sent.query, named)
    with counted(database) as statements:
        if sent.method == "GET":
            answer = client.get(address, query_string=query)
        elif sent.json is not None:
            answer = client.post_json(address, filled(sent.json, named))
        else:
            answer = client.post_form(address, filled(sent.form, named), query_string=query)
    plain = seen(answer, address, len(statements))
    body = plain.body.replace(f"?{query}", "?QUERY") if query else plain.body
    for word in sorted({*named.values()} - {*own.values()}, key=len, reverse=True):
        # What one has typed comes back in the form.
        body = body.replace(word, "TYPED") if len(word) > 8 else body
    return Answer(plain.status, plain.headers, body, plain.statements)


@pytest.mark.shows("H-10")
@pytest.mark.parametrize("which", [0, 1], ids=["other course", "other tenant"])
def test_WS_06_ids_that_are_sent_are_those_of_the_own_course(
    app: Flask, school: School, database: Database, things: Things, others: tuple[Things, Things], which: int
) -> None:
    own, found = others[which], []
    own.author_client.get(f"/threads/{own['thread']}")  # What is read for the first time is marked as read.
    before = rows(database)
    for sent in SENT:
        there = send(own.author_client, database, sent, own.ids, things.ids)
        nowhere = send(own.author_client, database, sent, own.ids, absent(things.ids))
        if there.status != sent.status:
            found.append(f"{sent}: {there.status}")
        if difference := there.differs(nowhere):
            found.append(f"{sent}: {difference}")
    assert not found, "\n".join(found)
    after = rows(database)
    assert {name for name in before if before[name] != after[name]} <= OWN_ROWS
    assert {name: len(each) for name, each in before.items()} == {name: len(each) for name, each in after.items()}


ROOT = Path(__file__).resolve().parents[2]
READ_FROM = {"request.args", "request.form", "request.files", "form", "fields"}
ROWS = {
    "activity", "activity_id", "choice", "context", "do", "group", "home", "member", "member_id", "parent", "picked",
    "reference", "to",
}  # fmt: skip
"""Parameters that name a row: each is sent above with another course's. `do` says `up:<version>`."""
OF_THE_CONSOLE = {"registration", "school", "replaces"}
"""Name rows too, where only an operator or the holder of an invitation comes (tests/admin, tests/launch)."""
WORDS = {
    "after", "answer", "audience", "blank", "body", "code", "column", "correct", "deployment_id", "digest", "due_at", "effort",
    "error", "explanation", "family", "feedback", "file", "fixed", "flag", "from", "go", "grade_method", "histories", "hosts", "id_token",
    "is_required", "k", "key", "kind", "knows_hosts", "language", "left", "looked", "minutes", "multiple_rule", "name",
    "needs_blocks", "next", "on_expiry", "only", "openid_configuration", "option", "origins", "ours", "page", "posts", "q",
    "question_rule", "reason", "registration_token", "review", "revision", "role", "rule", "s", "scheme", "section", "show",
    "shown", "shuffle_options", "shuffle_questions", "source", "state", "stem", "strict", "tenant", "ticket", "timezone", "title",
    "typed", "upto", "urgent", "what",
}  # fmt: skip
"""Texts, numbers, choices and secrets; `after` is how many members come before, `key` and `upto` are parts of the lesson."""


def parameters() -> dict[str, set[str]]:
    """The names that views and forms read of a request, with the files that do."""
    found: dict[str, set[str]] = {}
    for top in ("lti_tool", "courses", "quizzes", "forum"):
        for path in (ROOT / top).rglob("*.py"):
            where = path.relative_to(ROOT)
            if "demo" in where.parts or not ({"views", "forms"} & {*where.parts, path.stem}):
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if name := _name_read(node):
                    found.setdefault(name, set()).add(str(where))
    return found


def _name_read(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Attribute(value=source, attr="get" | "getlist"), args=[ast.Constant(value=name), *_]):
            pass
        case ast.Subscript(value=source, slice=ast.Constant(value=name)):
            pass
        case ast.Compare(left=ast.Constant(value=name), ops=[ast.In()], comparators=[source]):
            pass
        case _:
            return ""
    return name if isinstance(name, str) and ast.unparse(source) in READ_FROM else ""


@pytest.mark.once
def test_every_parameter_is_known_and_those_that_name_a_row_are_sent() -> None:
    """A new one stands in WORDS, or in ROWS and with a request in SENT."""
    read = parameters()
    assert len(read) > 60
    unknown = {name: files for name, files in read.items() if name not in WORDS | ROWS | OF_THE_CONSOLE}
    assert unknown == {}
    sent = {name for each in SENT for name in each.form} | {
        part.partition("=")[0] for each in SENT for part in each.query.split("&")
    }
    json = {name.removesuffix("s") for each in SENT for name in each.json or ()}
    assert ROWS - sent - json == set()
    for name in OF_THE_CONSOLE:
        assert all("admin" in file or "register" in file for file in read[name]), read[name]
