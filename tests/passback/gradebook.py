"""FakeGradebook: a small platform in this process, spoken to through the same class as a real one.

It gives tokens, keeps grades, remembers every score that came in, and answers what a test planned.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lti_tool.core.http import Headers, Http, HttpError, Response, TimedOut

SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
Planned = tuple[int, dict[str, str], bytes] | HttpError


@dataclass(frozen=True)
class Call:
    """One request that came in."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class FakeGradebook(Http):
    """Stands where `Http` stands."""

    calls: list[Call] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
    """Answers to the next scores, in order; afterwards all is well."""
    always: Planned | None = None
    tokens_given: int = 0
    token_answer: Planned | None = None
    token_body: dict[str, Any] = field(default_factory=dict)
    valid_tokens: set[str] = field(default_factory=set)
    columns: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] | Planned = field(default_factory=list)
    """What stands in the gradebook, of everybody: this LMS ignores `user_id`."""
    column_answer: Planned | None = None
    """To whoever changes or deletes a column."""
    on_column: Callable[[], None] | None = None
    """Before a column is made."""
    on_score: Callable[[Call], None] | None = None
    dead_hosts: set[str] = field(default_factory=set)
    cells: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """What stands in the gradebook, by path of the line item and person, as results are shown."""
    loses: bool = False
    """Says yes to scores and keeps none (AG-15)."""
    page_size: int | None = None
    """Of the lists of columns and of results; its next links forget what was asked for."""
    most_at_once: int = 0
    """Requests that were under way at the same time, at most."""
    on_results: Callable[[], None] | None = None
    planned_results: list[Planned] = field(default_factory=list)
    """Answers to the next requests for results, in order."""

    def __post_init__(self) -> None:
        self._lock, self._counting, self._at_once = threading.Lock(), threading.Lock(), 0

    @property
    def scores(self) -> list[dict[str, Any]]:
        """Every score that was posted, whatever was answered."""
        return [call.json() for call in self.calls if urlsplit(call.url).path.endswith("/scores")]

    def grade(self, sub: str) -> Any:
        """The last score of a person that was posted."""
        return next((score["scoreGiven"] for score in reversed(self.scores) if score["userId"] == sub), None)

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        call = Call(method, url, dict(headers or {}), body or b"")
        with self._under_way(), self._lock:
            self.calls.append(call)
            return self._answer(call)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._counting:
                self._at_once -= 1

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        return self.request("POST", url, body, headers)

    def close(self) -> None:
        """There is nothing to close."""

    def _answer(self, call: Call) -> Response:
        path = urlsplit(call.url).path
        if (urlsplit(call.url).hostname or "") in self.dead_hosts:
            return self._say(call, TimedOut("lms.example"))
        if path.endswith("/token"):
            return self._token(call)
        if call.headers.get("Authorization", "").removeprefix("Bearer ") not in self.valid_tokens:
            return self._say(call, (401, {}, b""))
        if path.endswith("/scores"):
            return self._score(call)
        if path.endswith("/results"):
            if self.results == []:
                return self._results(call)
            found = self.results
            return self._say(call, (200, {}, json.dumps(found).encode()) if isinstance(found, list) else found)
        if path.endswith("/lineitems"):
            return self._columns(call)
        for column in self.columns:
            if column["id"] == call.url:
                return self._column(call, column)
        return self._say(call, (404, {}, b""))

    def _token(self, call: Call) -> Response:
        if self.token_answer is not None:
            return self._say(call, self.token_answer)
        self.tokens_given += 1
        token = f"token-{self.tokens_given}"
        self.valid_tokens.add(token)
        asked = parse_qs(call.body.decode())["scope"][0]
        body = {"access_token": token, "token_type": "bearer", "expires_in": 3600, "scope": asked} | self.token_body
        return self._say(call, (200, {"content-type": "text/html"}, json.dumps(body).encode()))

    def _score(self, call: Call) -> Response:
        if self.on_score is not None:
            self.on_score(call)
        planned = self.planned.pop(0) if self.planned else self.always
        if planned is None and call.headers.get("Content-Type") != SCORE:
            planned = (415, {}, b"")
        if planned is None and not self.loses:
            self._keep(urlsplit(call.url).path.removesuffix("/scores"), call.json())
        return self._say(call, planned or (200, {}, b""))

    def _keep(self, column: str, score: dict[str, Any]) -> None:
        if "scoreGiven" in score:
            self.type_in(column, score["userId"], score["scoreGiven"], score["scoreMaximum"])

    def type_in(self, column: str, person: str, score: Any, maximum: Any = 100) -> None:
        """Put a grade into a cell, as a teacher does. `column`: address of the line item, or its path."""
        cell = {"userId": person, "resultScore": score, "resultMaximum": maximum}
        self.cells[urlsplit(column).path, person] = cell

    def clear(self, column: str, person: str) -> None:
        """Take a grade out."""
        del self.cells[urlsplit(column).path, person]

    def _results(self, call: Call) -> Response:
        if self.on_results is not None:
            self.on_results()
        if self.planned_results:
            return self._say(call, self.planned_results.pop(0))
        if call.headers.get("Accept") != RESULTS or "limit" in parse_qs(urlsplit(call.url).query):
            return self._say(call, (404, {}, b"<!DOCTYPE html>"))
        of = urlsplit(call.url).path.removesuffix("/results")
        return self._page(call, [cell for (column, _), cell in self.cells.items() if column == of])

    def _page(self, call: Call, found: list[dict[str, Any]]) -> Response:
        start = int(parse_qs(urlsplit(call.url).query).get("from", ["0"])[0])
        size = self.page_size or len(found) + 1
        headers = {}
        if start + size < len(found):
            headers = {"Link": f'<{call.url.partition("?")[0]}?from={start + size}>; rel="next"'}
        return self._say(call, (200, headers, json.dumps(found[start : start + size]).encode()))

    def _columns(self, call: Call) -> Response:
        if call.method == "POST":
            if self.on_column is not None:
                self.on_column()
            made = call.json() | {"id": f"{call.url}/{len(self.columns) + 100}"}
            self.columns.append(made)
            return self._say(call, (201, {}, json.dumps(made).encode()))
        return self._page(call, self.columns)

    def _column(self, call: Call, column: dict[str, Any]) -> Response:
        if self.column_answer is not None and call.method != "GET":
            return self._say(call, self.column_answer)
        if call.method == "DELETE":
            self.columns.remove(column)
            return self._say(call, (204, {}, b""))
        if call.method == "PUT":
            column.clear()
            column.update(call.json())
        return self._say(call, (200, {}, json.dumps(column).encode()))

    @staticmethod
    def _say(call: Call, planned: Planned) -> Response:
        if isinstance(planned, HttpError):
            raise planned
        status, headers, body = planned
        return Response(status, Headers(headers.items()), body, call.url)
