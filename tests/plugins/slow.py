"""Nothing slow happens inside a writing transaction: no HTTP, signature, Markdown, template, password-like hash or file.

The wrapper is on in every test, so that every flow proves it (house rule 2).
"""

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import jwt
import pytest

from lti_tool.core.database import is_writing
from lti_tool.core.http import Http
from lti_tool.core.markup import Renderer


class SlowInsideTransaction(AssertionError):
    """Something slow was called while the writer's lock was held."""


def guarded(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """`original`, refused inside a writing transaction."""

    def call(*args: Any, **options: Any) -> Any:
        if is_writing():
            raise SlowInsideTransaction(f"{name} inside a writing transaction")
        return original(*args, **options)

    return call


@pytest.fixture(autouse=True)
def nothing_slow_in_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrap what is slow, for the length of each test."""
    for owner, name in (
        (Renderer, "render"),
        (Http, "_exchange"),
        (jinja2.Template, "render"),
        (jwt.api_jwt.PyJWT, "decode_complete"),
        (jwt.api_jws.PyJWS, "decode_complete"),
        (jwt.api_jws.PyJWS, "encode"),
        (Path, "read_bytes"),
        (Path, "write_bytes"),
    ):
        monkeypatch.setattr(owner, name, guarded(f"{owner.__name__}.{name}", getattr(owner, name)))
    opened = builtins.open

    def open_file(file: Any, *args: Any, **options: Any) -> Any:
        if is_writing() and not str(file).endswith(".py"):
            raise SlowInsideTransaction(f"open({file}) inside a writing transaction")
        return opened(file, *args, **options)

    monkeypatch.setattr(builtins, "open", open_file)
