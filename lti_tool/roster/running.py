"""One run of the job that reads a roster: what it has seen so far, and how it writes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import Connection

from lti_tool.core.jobs import Taken
from lti_tool.core.slices import Slices
from lti_tool.lms.work import Work
from lti_tool.roster.queries import Course
from lti_tool.roster.services import Reading

LEASE: Final = timedelta(minutes=5)
RENEW: Final = timedelta(minutes=1)

T = TypeVar("T")


class Stopped(Exception):
    """The worker ends, or the job is no longer ours."""

    def __init__(self, *, is_ours: bool) -> None:
        super().__init__()
        self.is_ours = is_ours


@dataclass(slots=True)
class Run:
    """One run of the job."""

    work: Work
    taken: Taken
    course: Course
    reading: Reading
    renewed_at: datetime
    is_whole: bool = True
    """False: the list held somebody whom we cannot name, so that whoever is not in it may be that one."""
    differences_url: str | None = None
    speaks_of_groups: bool = False
    """Whether the list says of anybody which groups he is in."""
    groups: set[str] = field(default_factory=set)
    """The groups that were named so far, as the LMS calls them."""
    _slices: Slices = field(init=False)

    def __post_init__(self) -> None:
        self._slices = Slices(self.work.runtime.database, self.work.stop)

    def write(self, change: Callable[[Connection], T]) -> T:
        """One short transaction; before it, whether to go on."""
        self.go_on()
        with self.work.runtime.database.writing_core() as connection:
            return change(connection)

    def write_slice(self, change: Callable[[Connection], T]) -> T:
        """One of many in a row, with a pause after it; before it, whether to go on."""
        self.go_on()
        return self._slices.write(change)

    def go_on(self) -> None:
        """Raises Stopped; keeps the job ours."""
        now = self.work.runtime.clock.now()
        if self.work.stop.is_set():
            raise Stopped(is_ours=True)
        if now - self.renewed_at >= RENEW:
            if not self.work.renew(self.taken, LEASE):
                raise Stopped(is_ours=False)
            self.renewed_at = now
