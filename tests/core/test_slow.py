"""The guard of house rule 2 itself: it must catch what it claims to catch, or every other test proves nothing."""

from collections.abc import Callable
from pathlib import Path

import jinja2
import jwt
import pytest

from lti_tool.core.database import Database
from lti_tool.core.http import Http
from lti_tool.core.markup import Renderer
from tests.plugins.slow import SlowInsideTransaction


@pytest.mark.shows("H-04")
def test_slow_calls_are_caught_inside_a_writing_transaction(database: Database, tmp_path: Path) -> None:
    http, renderer = Http(lenient=True), Renderer()
    slow: list[Callable[[], object]] = [
        lambda: renderer.render("x"),
        lambda: http.get("http://127.0.0.1:1/"),
        lambda: jinja2.Template("x").render(),
        lambda: jwt.encode({}, "k" * 32, "HS256"),
        lambda: jwt.decode("a.b.c", "k" * 32, ["HS256"]),
        lambda: (tmp_path / "f").write_bytes(b""),
        lambda: open(tmp_path / "f", "w"),  # noqa: SIM115, PTH123 - it must not open at all
    ]
    for call in slow:
        with database.writing_core(), pytest.raises(SlowInsideTransaction):
            call()


def test_slow_calls_are_allowed_in_and_after_reading(database: Database) -> None:
    with database.reading_core():
        assert jinja2.Template("x").render() == "x"
    assert jinja2.Template("x").render() == "x"
