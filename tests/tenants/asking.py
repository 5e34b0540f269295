"""What a stranger can see of an answer: status, headers, body, and how much the database had to do for it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, select

from lti_tool.app import METADATA
from lti_tool.core.database import Database
from tests.school import SignedInClient
from tests.tenants.routes import Route

OWN_HEADERS = {"x-request-id", "date"}


@dataclass(frozen=True)
class Answer:
    """An answer without what differs between two answers to the same question."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    statements: int

    def differs(self, other: "Answer") -> str:
        """How another answer differs, in words; empty if it is the same."""
        found = []
        if self.status != other.status:
            found.append(f"status {self.status} and {other.status}")
        if self.headers != other.headers:
            found.append(f"headers {sorted(set(self.headers) ^ set(other.headers))}")
        if self.body != other.body:
            found.append("bodies")
        if self.statements != other.statements:
            found.append(f"statements {self.statements} and {other.statements}")
        return ", ".join(found)


def ask(client: SignedInClient, database: Database, route: Route, values: Mapping[str, str]) -> Answer:
    """Ask for a route with these objects as this client, with a form that would be accepted."""
    address = route.address(values)
    json, form = route.body(values)
    with counted(database) as statements:
        if route.method == "GET":
            answer = client.get(address, buffered=True)
        elif json is not None:
            answer = client.post_json(address, json)
        else:
            answer = client.post_form(address, form, buffered=True)
    return seen(answer, address, len(statements))


def seen(answer: Any, address: str, statements: int) -> Answer:
    """The answer without reference, nonce and its own address."""
    reference = answer.headers["X-Request-ID"]
    policy = answer.headers.get("Content-Security-Policy", "")
    nonce = re.search(r"'nonce-([0-9a-f]+)'", policy)
    path = address.partition("?")[0]

    def plain(text: str) -> str:
        for own, word in ((reference, "REFERENCE"), (nonce[1] if nonce else "", "NONCE"), (path, "ADDRESS")):
            text = text.replace(own, word) if own else text
        return text

    headers = [(name.lower(), plain(value)) for name, value in answer.headers if name.lower() not in OWN_HEADERS]
    headers = [(name, value) for name, value in headers if name != "content-length"]
    return Answer(
        answer.status_code, tuple(sorted(headers)), plain(answer.get_data().decode("utf-8", "replace")), statements
    )


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def rows(database: Database) -> dict[str, list[str]]:
    """The whole database, by table."""
    with database.reading_core() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in METADATA.sorted_tables
        }
