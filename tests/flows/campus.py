"""One tool with the sample course, one LMS, a worker that does a round when it is told to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from lti_tool.cli.seeding import sow
from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.identity.models import Member
from lti_tool.ledger.models import Activity, LineItem, Placement, Result, ScorePost
from lti_tool.worker import Done, run_once
from tests import tool_key
from tests.flows.visitor import Visitor
from tests.lms_client import LmsDriver
from tests.lms_transport import WsgiTransport


@dataclass
class Campus:
    """What a journey needs."""

    app: Flask
    lms: LmsDriver
    clock: FakeClock
    runtime: Runtime = field(init=False)
    config: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = self.app.extensions["dangke"]
        tool_key.install(self.runtime)
        self.config = sow(self.runtime, self.lms.base_url)
        self.lms.control("POST", "seed", self.config)

    def visitor(self, person: str) -> Visitor:
        """A person with a browser of their own."""
        tool = self.runtime.settings.public_url
        return Visitor(person, self.lms, tool, WsgiTransport(self.app, tool))

    def link(self, kind: str, course: int = 0) -> str:
        """The id of the course's link to its activity of this kind (home, lesson, quiz, forum, unset)."""
        return link_of(self.config, kind, course)

    def activity(self, kind: str, course: int = 0) -> Activity:
        """The activity behind that link."""
        token = custom_of(self.config, kind, course)["activity"]
        with self.runtime.database.reading() as session:
            return session.scalars(select(Activity).where(Activity.token == token)).one()

    def work(self, *, after: float = 0) -> Done:
        """`after` seconds later, one round of the worker: sweeps, columns, scores."""
        self.clock.advance(timedelta(seconds=after))
        return run_once(self.runtime, self.clock.now())

    def grade(self, person: str, kind: str = "quiz") -> float | None:
        """What the LMS's gradebook shows for a person in the column of that link; None if nothing."""
        column = self.activity(kind).title
        found = self.lms.gradebook("course-1").get((column, person))
        return None if found is None else found["score"]

    def posts(self) -> dict[tuple[str, str], ScorePost]:
        """The outbox by (resource link, sub)."""
        statement = (
            select(ScorePost, Placement.resource_link_id, Member.sub)
            .join(LineItem, LineItem.id == ScorePost.line_item_id)
            .join(Placement, Placement.id == LineItem.placement_id)
            .join(Member, Member.id == ScorePost.member_id)
        )
        with self.runtime.database.reading() as session:
            return {(row.resource_link_id, row.sub): row.ScorePost for row in session.execute(statement)}

    def result(self, person: str, kind: str = "quiz") -> Result | None:
        """The tool's own result."""
        activity = self.activity(kind)
        statement = (
            select(Result).join(Member, Member.id == Result.member_id).where(
                Member.sub == person, Result.activity_id == activity.id)
        )  # fmt: skip
        with self.runtime.database.reading() as session:
            return session.scalar(statement)


def link_of(config: Mapping[str, Any], kind: str, course: int = 0) -> str:
    """The id of the link to the first activity of a kind in the file that `dangke seed` writes."""
    return str(_link(config, kind, course)["resource_link_id"])


def custom_of(config: Mapping[str, Any], kind: str, course: int = 0) -> dict[str, str]:
    """The custom parameters of that link."""
    return dict(_link(config, kind, course)["custom"])


def _link(config: Mapping[str, Any], kind: str, course: int) -> Mapping[str, Any]:
    for link in config["courses"][course]["links"]:
        if f"-{kind}" in str(link["resource_link_id"]):
            return dict(link)
    raise LookupError(f"no link to a {kind} in course {course}")
