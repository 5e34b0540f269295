"""Reading the columns of one LMS back, several at the same time, and writing down what follows, in slices."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from lti_tool.core.http import HttpError
from lti_tool.core.logs import log
from lti_tool.core.slices import Slices
from lti_tool.lms.connector import SCOPE_RESULT_READ
from lti_tool.lms.errors import LmsError, ScopeMissing, ServiceFailed, TokenRefused, TokenUnavailable
from lti_tool.lms.links import ForeignPage, TooManyPages
from lti_tool.lms.platform import Platform
from lti_tool.lms.work import Work
from lti_tool.passback.reconciler import columns, rules, scores
from lti_tool.passback.reconciler.columns import Column
from lti_tool.passback.reconciler.readings import Grades, Unreadable, read_results
from lti_tool.passback.reconciler.rules import Step, Verdict
from lti_tool.passback.reconciler.scores import Post

HOPELESS_AFTER = 3
"""So many columns in a row that the LMS did not answer for, and the rest waits."""


@dataclass(slots=True)
class Tally:
    """What a reading did: columns that were read, columns that were not (by cause), scores by what followed."""

    columns: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    scores: Counter[Step] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        self.columns += other.columns
        self.failed += other.failed
        self.scores += other.scores


class Reader:
    """Reads columns of one LMS. Opens its own transactions; nothing is written about a column that was not read whole."""

    def __init__(self, work: Work, platform: Platform) -> None:
        self._work, self._platform = work, platform
        self._database, self._connector, self._clock = work.runtime.database, work.connector, work.runtime.clock
        self._slices = Slices(self._database, work.stop)
        self._lock = threading.Lock()
        self._silent = 0
        """Columns in a row that the LMS as a whole did not answer for."""

    @property
    def is_hopeless(self) -> bool:
        """Whether the rest would fare no better."""
        return self._silent >= HOPELESS_AFTER

    def read_all(self, due: Sequence[Column], concurrency: int) -> Tally:
        """Read the columns, `concurrency` at a time, as long as the worker goes on and the LMS answers."""
        whole = Tally()

        def read(column: Column) -> Tally:
            return Tally() if self._work.stop.is_set() or self.is_hopeless else self._read(column)

        with ThreadPoolExecutor(concurrency, thread_name_prefix=f"results-{self._platform.id}") as pool:
            for tally in pool.map(read, due):
                whole.add(tally)
        return whole

    def _read(self, column: Column) -> Tally:
        # Scores before results: what is sent while the LMS's list is on its way differs from what stands here, and is left.
        with self._database.reading_core() as connection:
            posts = scores.posts(connection, column)
        tally = Tally(columns=1)
        if posts:
            grades, cause = self._grades(column)
            self._note_health(cause)
            if grades is None:
                return self._failed(column, cause)
            tally.scores = self._settle(column, posts, grades)
        self._slices.write(lambda connection: columns.was_read(connection, column, self._clock.now()))
        return tally

    def _grades(self, column: Column) -> tuple[Grades | None, Exception | None]:
        """What the LMS has; or why that cannot be said."""
        if column.scopes and SCOPE_RESULT_READ not in column.scopes:
            return None, ScopeMissing()
        try:
            return read_results(self._connector.results(self._platform, column.url)), None
        except (LmsError, HttpError, ForeignPage, TooManyPages) as error:
            return None, error

    def _settle(self, column: Column, posts: Sequence[Post], grades: Grades) -> Counter[Step]:
        readings = {post.id: grades.get(post.sub) for post in posts}
        there = {
            post_id: rules.on_scale(reading, column.maximum)
            for post_id, reading in readings.items()
            if not isinstance(reading, Unreadable)
        }
        known = [post for post in posts if post.id in there]
        others = [post.id for post in known if not rules.is_same(post.told.ours, there[post.id])]
        with self._database.reading_core() as connection:
            earlier = scores.earlier(connection, column, others) if others else {}
        verdicts: list[tuple[Post, Verdict]] = [
            (post, rules.judge(post.told, there[post.id], earlier.get(post.id, ()))) for post in known
        ]
        done = Counter({Step.leave: sum(verdict.step is Step.leave for _, verdict in verdicts)})
        moved = [(post, verdict) for post, verdict in verdicts if verdict.step is not Step.leave]
        for start in range(0, len(moved), columns.SLICE):
            some = moved[start : start + columns.SLICE]
            done += Counter(
                self._slices.write(partial(scores.write, column=column, verdicts=some, now=self._clock.now()))
            )
        return done

    def _failed(self, column: Column, error: Exception | None) -> Tally:
        cause = cause_of(error)
        now = self._clock.now()
        is_permanent = isinstance(error, LmsError) and error.is_permanent
        with self._database.writing_core() as connection:
            columns.was_not_read(connection, column, cause, now, is_permanent=is_permanent)
        log.warning("results_not_read", line_item=column.line_item_id, registration=self._platform.id, cause=cause)
        return Tally(failed=Counter({cause: 1}))

    def _note_health(self, error: Exception | None) -> None:
        is_silent = isinstance(error, HttpError | TokenUnavailable | TokenRefused) or (
            isinstance(error, ServiceFailed) and error.status in {429, 502, 503, 504}
        )
        with self._lock:
            self._silent = self._silent + 1 if is_silent else 0


def cause_of(error: Exception | None) -> str:
    """Why a column could not be read, as a code of passback.words."""
    if isinstance(error, ServiceFailed):
        return _BY_STATUS.get(error.status, "lms_error" if error.status >= 500 else "not_readable")
    if isinstance(error, LmsError):
        return "lms_down" if isinstance(error, TokenUnavailable) else error.code
    if isinstance(error, ForeignPage):
        return "foreign_host"
    return "lms_silent" if isinstance(error, HttpError) else "not_readable"


_BY_STATUS = {
    **dict.fromkeys((401, 403), "no_results"),
    404: "column_gone",
    429: "lms_busy",
    **dict.fromkeys((502, 503, 504), "lms_down"),
}
