"""Migrations go up, down and up again with data in the tables, and models equal migrations."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, inspect, select

from lti_tool.app import METADATA
from lti_tool.core import schema
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.models import Registration, Tenant
from tests.plugins.engine import SERVER
from tests.postgres import create_database


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it."""
    if server := os.environ.get(SERVER):
        url = create_database(server, f"migrations_{uuid.uuid4().hex[:8]}")
    else:
        url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    database = Database(url)
    yield database
    database.dispose()


def fill(database: Database, clock: FakeClock) -> None:
    with database.writing() as session:
        tenant = Tenant(name="School")
        session.add(tenant)
        session.flush()
        session.add(
            Registration(
                tenant_id=tenant.id,
                name="LMS",
                issuer="https://lms.example",
                client_id="c",
                auth_url="https://lms.example/auth",
                token_url="https://lms.example/token",
                jwks_url="https://lms.example/jwks",
                created_at=clock.now(),
            )
        )


@pytest.mark.shows("H-05")
def test_models_equal_migrations(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": METADATA})
        assert compare_metadata(context, METADATA) == []


def test_migrations_go_up_down_and_up_with_data_in_the_tables(empty: Database, clock: FakeClock) -> None:
    schema.upgrade(empty)
    assert schema.is_current(empty)
    fill(empty, clock)
    schema.downgrade(empty, "base")
    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    assert not schema.is_current(empty)
    schema.upgrade(empty)
    fill(empty, clock)
    with empty.reading() as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == 1


def test_upgrade_twice_changes_nothing(empty: Database, clock: FakeClock) -> None:
    schema.upgrade(empty)
    fill(empty, clock)
    schema.upgrade(empty)
    with empty.reading() as session:
        assert session.scalar(select(func.count()).select_from(Tenant)) == 1
