"""`dangke person`: exit codes, the archive, the erasure."""

import contextlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.database import Database
from lti_tool.identity.actor import Role
from lti_tool.identity.models import (
    AdminEvent,
    Context,
    Deployment,
    Enrolment,
    EnrolmentSource,
    ErasedMember,
    Member,
    Registration,
)  # fmt: skip
from lti_tool.portability.models import Erasure
from tests.cli.conftest import Dangke
from tests.cli.test_keys import register
from tests.conftest import START

HERE = ("--registration", "1", "--sub", "4")


@contextlib.contextmanager
def session_here() -> Iterator[Session]:
    """In the database of the commands."""
    database = Database(os.environ["DANGKE_DATABASE_URL"])
    with contextlib.ExitStack() as after:
        after.callback(database.dispose)
        with database.writing() as session:
            yield session


@pytest.fixture
def known(migrated: Dangke, tmp_path: Path) -> Dangke:
    """One registration with one member and one test user."""
    register(migrated, tmp_path)
    with session_here() as session:
        tenant_id = session.get_one(Registration, 1).tenant_id
        deployment = Deployment(registration_id=1, tenant_id=tenant_id, deployment_id="one more")
        session.add(deployment)
        session.flush()
        context = Context(deployment_id=deployment.id, tenant_id=tenant_id, context_key="c:1", created_at=START)
        session.add(context)
        for sub, name in (("4", "李小明"), ("test", "Test Student")):
            member = Member(registration_id=1, tenant_id=tenant_id, sub=sub, name=name, created_at=START)
            session.add(member)
            session.flush()
            session.add(
                Enrolment(
                    context_id=context.id, member_id=member.id, role=Role.member, source=EnrolmentSource.launch,
                    is_test=sub == "test",
                )
            )  # fmt: skip
    return migrated


def test_ID_12_person_is_shown_exported_and_erased_on_the_command_line(known: Dangke, tmp_path: Path) -> None:
    shown = known("person", "show", *HERE)
    assert (shown.code, "李小明" in shown.out) == (0, True)
    assert "courses" in shown.out
    assert known("person", "export", *HERE, "--out", "of-him.zip").code == 0
    archive = tmp_path / "of-him.zip"
    assert archive.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(archive) as found:
        assert "李小明" in found.read("data.json").decode()
    again = known("person", "export", *HERE, "--out", "of-him.zip")
    assert (again.code, "--out" in again.sentence) == (1, True)
    erased = known("person", "erase", *HERE, "--yes")
    assert erased.code == 0, erased.err
    for command in ("show", "export", "erase"):
        assert known("person", command, *HERE).code == 3
    with session_here() as session:
        assert session.scalars(select(Member.name).order_by(Member.id)).all() == ["", "Test Student"]
        assert len(session.scalars(select(ErasedMember)).all()) == 1
        assert session.scalars(select(Erasure.emptied_at.is_not(None))).all() == [True]
        assert [row.action for row in session.scalars(select(AdminEvent)) if row.action.startswith("person")] == [
            "person_seen", "person_exported", "person_exported", "person_erased",
        ]  # fmt: skip


def test_nothing_is_erased_unless_the_number_is_typed_again(
    known: Dangke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for typed, code in (("5\n", 1), ("4\n", 0)):
        (tmp_path / "typed").write_text(typed)
        with (tmp_path / "typed").open() as keyboard:
            monkeypatch.setattr("sys.stdin", keyboard)
            assert known("person", "erase", *HERE).code == code


def test_RO_14_test_users_are_purged_and_nobody_else(known: Dangke) -> None:
    done = known("person", "purge-tests", "--registration", "1", "--yes")
    assert (done.code, "1 test users" in done.out) == (0, True)
    assert known("person", "show", *HERE).code == 0
    assert "0 test users" in known("person", "purge-tests", "--registration", "1", "--yes").out
    with session_here() as session:
        assert session.scalars(select(ErasedMember)).all() == []


@pytest.mark.parametrize("arguments", [("show",), ("show", "--registration", "1"), ("erase", "--sub", "4")])
def test_what_is_missing_is_said(dangke: Dangke, arguments: tuple[str, ...]) -> None:
    assert dangke("person", *arguments).code == 2
