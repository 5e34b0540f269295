"""/healthz says that the process answers, /readyz that it can do its work."""

from pathlib import Path

import pytest
from flask import Flask

from lti_tool.core.database import Database
from lti_tool.core.web import Runtime


@pytest.mark.shows("O-01")
def test_ready_while_the_database_is_there(app: Flask) -> None:
    client = app.test_client()
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.json) == (200, {"ok": True})


@pytest.mark.shows("O-01")
@pytest.mark.parametrize(
    "url", ["sqlite:///{folder}/no/such/folder/dangke.db", "postgresql+psycopg://nobody@/nothing?host={folder}"]
)
def test_not_ready_while_the_database_is_away(app: Flask, runtime: Runtime, tmp_path: Path, url: str) -> None:
    runtime.database.dispose()
    runtime.database = Database(url.format(folder=tmp_path))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"ok": False, "cause": "database"})
    assert app.test_client().get("/healthz").status_code == 200


@pytest.mark.shows("O-01")
def test_not_ready_while_the_schema_is_missing(app: Flask, runtime: Runtime, tmp_path: Path) -> None:
    runtime.database.dispose()
    runtime.database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"ok": False, "cause": "schema"})
