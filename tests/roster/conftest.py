"""A course of the demo LMS that has been launched, and its roster, read by the worker's job."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lti_tool import worker
from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Enrolment, Member
from lti_tool.lms import tool_keys
from lti_tool.lms.work import READ_ROSTER
from lti_tool.roster import reading
from lti_tool.roster.models import RosterRow, RosterSync
from tests.lms_client import LmsDriver
from tests.lms_server import running_lms
from tests.lti.conftest import add_probe, more_routes, probe, world
from tests.lti.world import World, tool_config

__all__ = ["add_probe", "more_routes", "probe", "world"]


@pytest.fixture
def lms(tmp_path: Path, clock: FakeClock, runtime: Runtime) -> Iterator[LmsDriver]:
    """The demo LMS on the clock of the test; it reads our key set where it is, since we have no port."""

    def published(_url: str) -> bytes:
        with runtime.database.reading_core() as connection:
            return json.dumps(tool_keys.public_jwks(connection)).encode()

    with running_lms(tmp_path / "lms", tool_config(), clock=clock, fetch=published) as driver:
        yield driver


@dataclass(frozen=True)
class Seen:
    """A person of the course as our tables have him."""

    name: str
    role: Role
    is_active: bool
    gradable: bool
    is_listed: bool
    last_launch_at: datetime | None


@dataclass
class Roster:
    """The roster of the first course: what is read and what is there."""

    world: World
    clock: FakeClock
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = self.world.runtime

    def visit(self, person: str = "teacher", link: str = "link-a") -> FlaskClient:
        """The person launches, a minute later than what was before."""
        self.clock.advance(timedelta(minutes=1))
        browser = self.world.browser()
        assert self.world.launch(browser, person, link).status_code == 303
        return browser

    def context(self, key: str = "c:course-1") -> Any:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Context).where(Context.context_key == key)).one()

    def ask(self, *, full: bool = True, key: str = "c:course-1") -> None:
        """Let it be read, a minute later than what was before."""
        self.clock.advance(timedelta(minutes=1))
        payload = reading.FULL if full else {"full": False}
        context_id = self.context(key).id
        with self.runtime.database.writing_core() as connection:
            reading.ask(connection, context_id, self.clock.now(), payload)

    def work(self) -> list[str]:
        """Do the jobs that are due; their names."""
        made = worker.Worker(self.runtime)
        try:
            return list(iter(made.work, None))
        finally:
            made.close()

    def read(self, *, full: bool = True, key: str = "c:course-1") -> RosterSync:
        """Read it now; what came of it."""
        self.ask(full=full, key=key)
        assert self.work() == [READ_ROSTER]
        return self.sync(key)

    def sync(self, key: str = "c:course-1") -> RosterSync:
        context_id = self.context(key).id
        with self.runtime.database.reading() as session:
            return session.scalars(select(RosterSync).where(RosterSync.context_id == context_id)).one()

    def people(self, key: str = "c:course-1") -> dict[str, Seen]:
        """By what the LMS calls them."""
        with self.runtime.database.reading() as session:
            rows = session.execute(
                select(
                    Member.sub,
                    Member.name,
                    Enrolment.role,
                    Enrolment.is_active,
                    Enrolment.gradable,
                    Enrolment.is_listed,
                    Enrolment.last_launch_at,
                )
                .join(Member, Member.id == Enrolment.member_id)
                .join(Context, Context.id == Enrolment.context_id)
                .where(Context.context_key == key)
            ).all()
        return {row.sub: Seen(*row[1:]) for row in rows}

    def staged(self) -> int:
        """Rows that readings have left behind."""
        with self.runtime.database.reading() as session:
            return len(session.scalars(select(RosterRow.id)).all())

    def change_url(self, url: str | None) -> None:
        """As if the launch had said another address."""
        with self.runtime.database.writing_core() as connection:
            connection.execute(update(Context).values(memberships_url=url))


@pytest.fixture
def roster(world: World, clock: FakeClock) -> Roster:
    """Its teacher has launched, and the job that this asked for is done."""
    found = Roster(world, clock)
    found.visit()
    assert found.work() == [READ_ROSTER]
    return found
