"""Backups are whole or refused, restores lose nothing; the journey that goes on afterwards is in tests/flows."""

import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from lti_tool.cli.backup import engines, manifest
from lti_tool.cli.opening import Fault
from lti_tool.core.database import Database
from tests.cli.conftest import Dangke
from tests.stack import database_url

Elsewhere = Callable[[], None]


def database() -> Database:
    return Database(os.environ["DANGKE_DATABASE_URL"])


def uploads(folder: Path) -> dict[str, bytes]:
    """The uploads of a data folder or a backup, by name."""
    return {path.name: path.read_bytes() for path in folder.glob("media/??/*")}


@pytest.fixture
def installation(migrated: Dangke, tmp_path: Path) -> Dangke:
    """A demo course with a few uploads."""
    assert migrated("seed").code == 0
    assert uploads(tmp_path / "data")
    return migrated


@pytest.fixture
def elsewhere(environment: pytest.MonkeyPatch, tmp_path: Path) -> Elsewhere:
    """elsewhere(): from now on commands meet a new, empty installation with the same secret."""

    def move() -> None:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        environment.setenv("DANGKE_DATABASE_URL", database_url(folder))
        environment.setenv("DANGKE_DATA_DIR", str(folder / "data"))

    return move


def refused(dangke: Dangke, *arguments: str) -> str:
    """The one sentence with which a command ends."""
    ended = dangke(*arguments)
    assert ended.code == 1, ended.out
    assert len(ended.sentence.splitlines()) == 1, ended.sentence
    return ended.sentence


def seen() -> engines.Seen:
    opened = database()
    with opened.engine.connect() as connection:
        found = engines.see(connection)
    opened.dispose()
    return found


def is_empty() -> bool:
    opened = database()
    found = engines.is_empty(opened)
    opened.dispose()
    return found


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
def test_backup_comes_back_with_all_rows_and_files(
    installation: Dangke, elsewhere: Elsewhere, tmp_path: Path, name: str
) -> None:
    made = installation("backup", name)
    assert (made.code, "DANGKE_SECRET" in made.out) == (0, True), made.err
    before = seen()
    assert oct(Path(name).stat().st_mode)[-2:] == "00", "nobody else may read it"
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    elsewhere()
    assert installation("restore", "--check", name).code == 0
    assert is_empty()
    done = installation("restore", name)
    assert done.code == 0, done.err
    after = seen()
    after.counts["admin_event"] -= 1  # That it was restored stands in the log.
    assert after == before
    assert uploads(tmp_path / "elsewhere" / "data") == uploads(tmp_path / "data")
    assert [path.name for path in (tmp_path / "elsewhere" / "data").iterdir()] == ["media"]


def test_what_would_overwrite_something_is_refused(
    installation: Dangke, elsewhere: Elsewhere, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.tar").touch()
    assert installation("backup", "empty").code == 0
    secret = os.environ["DANGKE_SECRET"].encode()
    assert [path for path in (tmp_path / "empty").rglob("*") if path.is_file() and secret in path.read_bytes()] == []
    for name in ("empty", "file.tar"):
        assert "never overwritten" in refused(installation, "backup", name)
    assert "no folder" in refused(installation, "backup", "no/such/folder/backup")
    assert "database is not empty" in refused(installation, "restore", "empty")
    elsewhere()
    kept = tmp_path / "elsewhere" / "data" / "media" / "aa" / "file"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert "DANGKE_DATA_DIR" in refused(installation, "restore", "empty")
    assert kept.exists()
    assert is_empty()
    kept.unlink()
    environment.setenv("DANGKE_SECRET", secrets.token_urlsafe(48))
    assert "DANGKE_SECRET_PREVIOUS" in refused(installation, "restore", "empty")
    assert not is_empty()


def test_empty_database_is_not_backed_up(dangke: Dangke, tmp_path: Path) -> None:
    assert "dangke migrate" in refused(dangke, "backup", "backup")
    assert not (tmp_path / "backup").exists()


def test_uploads_that_are_missing_or_damaged_are_told_and_the_rest_is_backed_up(
    installation: Dangke, tmp_path: Path
) -> None:
    lost, spoilt = sorted((tmp_path / "data").glob("media/??/*"))[:2]
    lost.unlink()
    spoilt.write_bytes(b"other bytes")
    assert "2 uploads" in refused(installation, "backup", "backup")
    found = manifest.read((tmp_path / "backup" / manifest.NAME).read_text())
    assert sorted(found.missing) == sorted(manifest.media_name(path.name) for path in (lost, spoilt))
    assert installation("restore", "--check", "backup").code == 0


BAD_MANIFESTS = {
    "{}": "cannot be read",
    "nothing": "cannot be read",
    '{"format": 2}': "later version",
    json.dumps({
        "format": 1, "program": "0", "made_at": "", "engine": "sqlite", "revision": "0001", "counts": {}, "missing": [],
        "files": {"database.sqlite3": {"size": 0, "sha256": ""}, "media/../../x": {"size": 0, "sha256": ""}},
    }): "no backup has",
}  # fmt: skip


def test_backup_that_is_not_whole_is_refused_before_anything_is_restored(
    installation: Dangke, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    assert installation("backup", "backup").code == 0
    elsewhere()
    upload = next((tmp_path / "backup").glob("media/??/*"))
    stored, written = next((tmp_path / "backup").glob("database.*")), tmp_path / "backup" / manifest.NAME
    for path in (stored, upload, written):
        former = path.read_bytes()
        path.unlink()
        assert ("no backup" if path == written else "missing") in refused(installation, "restore", "backup")
        if path != written:
            path.write_bytes(former[:-1] + bytes([former[-1] ^ 1]))
            assert "damaged" in refused(installation, "restore", "backup")
        path.write_bytes(former)
    text = written.read_text()
    for content, words in BAD_MANIFESTS.items():
        written.write_text(content)
        assert words in refused(installation, "restore", "backup")
    written.write_text(json.dumps({**json.loads(text), "revision": "9999"}))
    assert "later program" in refused(installation, "restore", "backup")
    (tmp_path / "notes.tar").write_text("notes")
    assert "tar file" in refused(installation, "restore", "notes.tar")
    assert is_empty()


def test_backup_of_the_other_engine_is_refused(
    installation: Dangke, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    assert installation("backup", "backup").code == 0
    other = "postgresql+psycopg://nobody@/nothing" if os.environ["DANGKE_DATABASE_URL"].startswith("sqlite") else None
    environment.setenv("DANGKE_DATABASE_URL", other or f"sqlite:///{tmp_path / 'other.db'}")
    assert "one of its own kind" in refused(installation, "restore", "backup")


def test_older_backup_asks_to_be_migrated(installation: Dangke, elsewhere: Elsewhere) -> None:
    assert installation("migrate", "--down", "--to", "0010").code == 0
    assert installation("backup", "backup").code == 0
    elsewhere()
    done = installation("restore", "backup")
    assert (done.code, "dangke migrate" in done.out) == (0, True)
    assert installation("migrate").code == 0


@pytest.mark.once
def test_password_and_host_go_by_the_environment() -> None:
    url = make_url("postgresql+psycopg://u:p%40ss@h:5433/d?sslmode=require")
    assert engines.environment(url) == {
        "PGHOST": "h", "PGPORT": "5433", "PGUSER": "u", "PGPASSWORD": "p@ss", "PGDATABASE": "d", "PGSSLMODE": "require",
    }  # fmt: skip
    socket = make_url("postgresql+psycopg://u@/d?host=%2Frun%2Fpostgresql")
    assert engines.environment(socket)["PGHOST"] == "/run/postgresql"
    with pytest.raises(Fault, match="keepalives"):
        engines.environment(make_url("postgresql+psycopg://u@/d?keepalives=1"))


@pytest.mark.postgresql
def test_missing_programs_of_postgresql_are_one_sentence(
    installation: Dangke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    ended = installation("backup", "backup")
    assert (ended.code, "postgresql-client" in ended.sentence) == (1, True)
    assert not (tmp_path / "backup").exists()
