"""A body that is refused is heard out before the answer, so that its sender reads why; but not for ever."""

import io

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from lti_tool.core.web import MAX_BODY, MAX_HEARD

FORM = "application/x-www-form-urlencoded"


class Sending(io.RawIOBase):
    """A sender who has so many bytes to say, and who may stop in the middle."""

    def __init__(self, length: int, breaks_after: int | None = None) -> None:
        super().__init__()
        self.left, self.heard, self.breaks_after = length, 0, breaks_after

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.breaks_after is not None and self.heard >= self.breaks_after:
            raise ConnectionResetError
        size = min(size if size >= 0 else self.left, self.left)
        self.left -= size
        self.heard += size
        return b"x" * size

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # how werkzeug reads
        some = self.read(len(buffer))
        buffer[: len(some)] = some
        return len(some)


def send(app: Flask, path: str, body: Sending, length: int) -> str:
    """The status line of the answer."""
    environ = EnvironBuilder(path=path, method="POST", content_type=FORM).get_environ()
    environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
    _body, status, _headers = run_wsgi_app(app.wsgi_app, environ)
    return status[:3]


@pytest.mark.parametrize(("path", "status"), [("/lti/login", "413"), ("/nowhere", "404"), ("/healthz", "405")])
def test_refused_body_is_heard_to_its_end(app: Flask, path: str, status: str) -> None:
    body = Sending(MAX_BODY * 8)
    assert send(app, path, body, MAX_BODY * 8) == status
    assert body.left == 0


def test_no_more_is_heard_than_can_be_afforded(app: Flask) -> None:
    body = Sending(MAX_HEARD + 1)
    assert send(app, "/lti/login", body, MAX_HEARD + 1) == "413"
    assert body.heard == 0


def test_sender_who_breaks_off_changes_nothing_of_the_answer(app: Flask) -> None:
    body = Sending(MAX_BODY * 8, breaks_after=MAX_BODY * 2)
    assert send(app, "/lti/login", body, MAX_BODY * 8) == "413"
