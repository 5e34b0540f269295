"""A full disk or quota: nothing is half saved, and one sentence says so."""

import errno
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.core import logs
from lti_tool.core.database import Busy, Database, Full
from lti_tool.core.errors import NoRoom
from lti_tool.identity.models import Tenant
from lti_tool.media.storage import Storage
from tests.full_disk import no_room
from tests.media import samples
from tests.school import School

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


class FullDisk(io.BytesIO):
    """A file on a disk that is full, or a body for whose temporary file there is no room."""

    def read(self, *_: Any) -> bytes:
        raise NO_SPACE

    def write(self, *_: Any) -> int:
        raise NO_SPACE


def fill(database: Database) -> None:
    """Write more than there is room for, in one transaction."""
    with database.writing() as session:
        session.add_all(Tenant(name="x" * 200) for _ in range(1000))


def test_full_database_refuses_and_keeps_what_was_there(database: Database) -> None:
    with database.writing() as session:
        session.add(Tenant(name="kept"))
    with no_room(database), pytest.raises(Full) as refused:
        fill(database)
    assert isinstance(refused.value, Busy), "whoever lives with a busy database lives with a full one"
    assert (refused.value.status, refused.value.code) == (507, "DK-507")
    with database.reading() as session:
        assert list(session.scalars(select(Tenant.name))) == ["kept"]


@pytest.mark.once
def test_full_folder_of_uploads_refuses_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NO_SPACE

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(NoRoom):
        Storage(tmp_path).keep(io.BytesIO(samples.PNG))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_body_for_which_there_is_no_temporary_room_is_507_in_words(
    school: School, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    client = school.client(school.instructor)
    monkeypatch.setattr("werkzeug.wrappers.Request._get_file_stream", lambda *_, **__: FullDisk())
    form = {"context": str(school.context_id), "file": (io.BytesIO(samples.PNG), "a.png")}
    answer = client.post_form("/media", form, headers={"Accept": accept})
    assert (answer.status_code, "DK-507" in answer.text) == (507, True)
    said = answer.text if accept == "text/html" else answer.get_json()["message"]
    assert "存储空间已满" in said


@pytest.mark.once
def test_log_on_a_full_disk_undoes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", stream=FullDisk())
    logs.log.info("event")
    logs.access(request_id="1", method="GET", endpoint="x", status=200, ms=1.0, cookies=True)
    kept = io.StringIO()
    logs.configure("INFO", stream=kept)
    logs.log.info("event")
    assert json.loads(kept.getvalue())["event"] == "event"
    logs.configure("ERROR")
