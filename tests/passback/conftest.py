"""A drain that speaks to a FakeGradebook, and a class whose results can be recorded in one line."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from lti_tool.ledger import services
from lti_tool.ledger.models import LineItem, Placement
from lti_tool.ledger.rules import Outcome
from lti_tool.lms.connector import Connector
from lti_tool.lms.tokens import Tokens
from lti_tool.passback.drain import Drain
from tests import tool_key
from tests.passback.gradebook import FakeGradebook
from tests.school import Person, School


@pytest.fixture
def gradebook() -> FakeGradebook:
    return FakeGradebook()


@pytest.fixture
def connector(runtime: Runtime, clock: FakeClock, gradebook: FakeGradebook) -> Connector:
    tool_key.install(runtime)
    return Connector(gradebook, Tokens(runtime.database, runtime.keys, gradebook, clock), clock)


@pytest.fixture
def drain(runtime: Runtime, clock: FakeClock, connector: Connector) -> Iterator[Drain]:
    drain = Drain(runtime.database, clock, connector, concurrency=4, chance=lambda: 1.0)
    yield drain
    drain.close()


class Recorder:
    """Records results, each as a new fact."""

    def __init__(self, school: School, clock: FakeClock) -> None:
        self._school, self._clock, self._facts = school, clock, 0

    def __call__(self, activity_id: int, person: Person, score: str) -> None:
        self._facts += 1
        with self._school.database.writing() as session:
            services.record(
                session,
                activity_id=activity_id,
                member_id=person.member_id,
                outcome=Outcome(Decimal(1), Decimal(score), completed=True),
                verb="finished",
                source=f"fact:{self._facts}",
                now=self._clock.now(),
            )


@pytest.fixture
def reach(school: School, clock: FakeClock) -> Recorder:
    """reach(activity_id, person, "71.5")"""
    return Recorder(school, clock)


@pytest.fixture
def link(school: School, reach: Recorder, database: Database) -> Any:
    """link(scopes, **changes of the line item): a link without a column for which a score waits."""

    def make(scopes: list[str], **changes: Any) -> int:
        activity = school.activity("quiz", "Sources", maximum=20)
        column = school.placement(activity, column=False)
        reach(activity.id, school.member, "17")
        with database.writing() as session:
            item = session.get_one(LineItem, column)
            session.get_one(Placement, item.placement_id).scopes = scopes
            for name, value in changes.items():
                setattr(item, name, value)
        return column

    return make
