import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from lti_tool.core import database as module
from lti_tool.core.database import Busy, Database, NestedTransaction, is_writing
from lti_tool.identity.models import Tenant


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Tenant.name).order_by(Tenant.name)))


def test_writing_commits_on_a_clean_exit(database: Database) -> None:
    with database.writing() as session:
        session.add(Tenant(name="kept"))
    assert names(database) == ["kept"]


def test_writing_rolls_back_on_an_exception(database: Database) -> None:
    def fail_late() -> None:
        with database.writing() as session:
            session.add(Tenant(name="lost"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert names(database) == []


def test_transactions_are_never_nested(database: Database) -> None:
    with database.reading(), pytest.raises(NestedTransaction), database.writing():
        pass
    with database.writing(), pytest.raises(NestedTransaction), database.reading():
        pass


def test_is_writing_only_inside_a_writing_transaction(database: Database) -> None:
    with database.reading():
        assert not is_writing()
    with database.writing():
        assert is_writing()
    assert not is_writing()


def test_many_threads_lose_no_update(database: Database) -> None:
    with database.writing() as session:
        session.add(Tenant(id=1, name="0"))

    def count() -> None:
        for _ in range(10):
            with database.writing_core() as connection:
                if not database.is_sqlite:
                    connection.execute(text("SELECT 1 FROM tenant WHERE id = 1 FOR UPDATE"))
                now = connection.execute(text("SELECT name FROM tenant WHERE id = 1")).scalar_one()
                connection.execute(text("UPDATE tenant SET name = :n WHERE id = 1"), {"n": str(int(now) + 1)})

    threads = [threading.Thread(target=count) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert names(database) == ["80"]


@pytest.mark.shows("H-06")
def test_writer_that_cannot_have_the_lock_is_told_that_nothing_was_saved(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_sqlite:
        with database.reading_core() as connection:
            assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
        return
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    path = Path(str(database.url.database) + ".write")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import fcntl, sys; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True);"
                " sys.stdin.read()"
            ),
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy) as caught, database.writing():
            pass
        assert caught.value.status == 503
    finally:
        holder.communicate(b"")
    with database.writing() as session:
        session.add(Tenant(name="after"))
    assert names(database) == ["after"]


def test_acknowledged_rows_survive_a_power_cut(database: Database) -> None:
    """SQLite: WAL with synchronous=FULL (2); PostgreSQL: synchronous_commit is on."""
    with database.writing_core() as connection:
        if database.is_sqlite:
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


@pytest.mark.once
def test_table_that_a_migration_rebuilds_keeps_the_rows_that_point_to_it(tmp_path: Path) -> None:
    """SQLite deletes a dropped table's rows first, and with foreign keys on, all that hangs on them."""
    database = Database(f"sqlite:///{tmp_path / 'small.sqlite3'}")
    with database.writing_core() as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE child (of INTEGER NOT NULL REFERENCES parent ON DELETE CASCADE)"))
        connection.execute(text("INSERT INTO parent VALUES (1)"))
        connection.execute(text("INSERT INTO child VALUES (1)"))
    with database.migrating() as connection:
        connection.execute(text("CREATE TABLE rebuilt (id BIGINT PRIMARY KEY)"))
        connection.execute(text("INSERT INTO rebuilt SELECT id FROM parent"))
        connection.execute(text("DROP TABLE parent"))
        connection.execute(text("ALTER TABLE rebuilt RENAME TO parent"))
    with database.writing_core() as connection:
        assert connection.scalar(text("SELECT count(*) FROM child")) == 1
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.dispose()


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    seen: list[int] = []
    with database.writing() as session:
        session.add(Tenant(name="not yet"))
        session.flush()

        def read() -> None:
            with database.reading() as other:
                seen.append(other.scalar(select(func.count()).select_from(Tenant)) or 0)

        reader = threading.Thread(target=read)
        reader.start()
        reader.join(timeout=5)
    assert seen == [0]
