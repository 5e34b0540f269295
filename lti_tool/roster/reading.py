"""The job that reads one course's roster: all pages into staging, then slice by slice into the course.

It asks the LMS outside any transaction, holds no more than one page in memory, and may be killed anywhere: the next run begins
again, and what was merged is merged once more to the same end.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from lti_tool.core import jobs
from lti_tool.core.i18n import gettext, speaking
from lti_tool.core.jobs import JobKind, Taken
from lti_tool.core.logs import log
from lti_tool.identity.rules.names import pseudonym_code
from lti_tool.lms.work import READ_ROSTER, Work, roster_key
from lti_tool.roster import merging, queries, rules, services, sources
from lti_tool.roster.groups import reading as groups
from lti_tool.roster.queries import Course
from lti_tool.roster.rules import PASSING, Cause, Listed
from lti_tool.roster.running import LEASE, Run, Stopped
from lti_tool.roster.services import Superseded
from lti_tool.roster.sources import Page, Unavailable

PATIENCE: Final = 8
"""Failures in a row after which it waits for the next launch or night instead of trying again by itself."""
NIGHTLY: Final = "roster.nightly"
FULL: Final = {"full": True}
"""Payload of a wish for the whole list, also where the LMS offers to tell what has changed."""
A_NIGHT: Final = 200


def read(work: Work, taken: Taken) -> datetime | None:
    """`JobKind.run`: read the roster that the job's key names."""
    runtime, now = work.runtime, work.runtime.clock.now()
    context_id = int(taken.key.removeprefix(roster_key(0)[:-1]))
    with runtime.database.reading_core() as connection:
        course = queries.course_to_read(connection, context_id)
    if course is None:
        return None
    if course.breaker_until is not None and course.breaker_until > now:
        return course.breaker_until
    with runtime.database.writing_core() as connection:
        reading = services.begin(connection, course, now)
    run = Run(work, taken, course, reading, now)
    try:
        _all(run)
    except Superseded:
        return None
    except Stopped as stopped:
        return runtime.clock.now() if stopped.is_ours else None
    except Unavailable as error:
        return _failed(run, error)
    return None


def _all(run: Run) -> None:
    while run.write_slice(lambda connection: services.clear(connection, run.reading)):
        pass
    changed = _changes(run) if _may_ask_for_changes(run) else None
    is_complete, counts = changed is None, None
    if is_complete:
        while run.write_slice(lambda connection: services.clear(connection, run.reading)):
            pass
        counts = _list(run)
    _merge(run)
    if is_complete and run.is_whole:
        _retire(run)
    groups_cause = groups.read(run, is_complete=is_complete and run.is_whole)
    run.write(
        lambda connection: services.finish(
            connection,
            run.reading,
            counts=counts,
            differences_url=run.differences_url,
            groups_cause=groups_cause,
        )
    )
    while run.write_slice(lambda connection: services.clear(connection, run.reading)):
        pass
    log.info("roster_read", context=run.course.id, listed=counts[0] if counts else changed, complete=is_complete)


def _may_ask_for_changes(run: Run) -> bool:
    return bool(run.course.differences_url and run.course.complete_at) and not run.taken.payload.get("full")


def _changes(run: Run) -> int | None:
    """Stage what has changed since the last reading; how many people, None where that was not to be had (NR-06)."""
    try:
        count = _stage(run, sources.members(run.work.connector, run.course.platform, str(run.course.differences_url)))
    except Unavailable as error:
        log.info("roster_differences", context=run.course.id, cause=error.cause.value)
        return None
    # Without an address for the next time nobody could say what changes from now on.
    return count if run.differences_url and run.is_whole else None


def _list(run: Run) -> tuple[int, int]:
    """Stage the whole list; how many people it has, and how many without a name. Raises Unavailable, also for a list that cannot be meant."""
    run.is_whole, run.differences_url = True, None
    course, link_id = run.course, run.course.link_id
    try:
        _stage(run, sources.members(run.work.connector, course.platform, _address(course, link_id)))
    except Unavailable as error:
        if not link_id or error.cause is not Cause.forbidden:
            raise
        # NRPS 2.0, 3: a platform may refuse the list of one link, and give the course's (NR-07).
        while run.write_slice(lambda connection: services.clear(connection, run.reading)):
            pass
        _stage(run, sources.members(run.work.connector, course.platform, _address(course, "")))
    counts = run.write(lambda connection: services.merge_begins(connection, run.reading))
    if not counts[0]:
        raise Unavailable(Cause.empty)
    return counts


def _address(course: Course, link_id: str) -> str:
    with_groups = "true" if course.groups_url else ""
    return rules.first_address(course.memberships_url, limit=str(rules.PAGE), rlid=link_id, groups=with_groups)


def _stage(run: Run, pages: Iterator[Page]) -> int:
    """Page by page into staging; how many people there were."""
    count = 0
    for page in pages:
        run.go_on()
        if not rules.is_of_course(page.container, run.course.lms_id):
            raise Unavailable(Cause.other_course)
        run.differences_url = page.differences_url or run.differences_url
        found = [rules.read_member(item, run.course.role_overrides) for item in page.items]
        people = [each for each in found if each is not None]
        run.is_whole = run.is_whole and len(people) == len(found)
        run.speaks_of_groups = run.speaks_of_groups or any(each.groups is not None for each in people)
        names = _names(run.course, people)
        for start in range(0, max(len(people), 1), services.ROWS):
            part = slice(start, start + services.ROWS)
            _keep(run, people[part], names[part])
        count += len(people)
    return count


def _keep(run: Run, people: Sequence[Listed], names: Sequence[str]) -> None:
    run.write(lambda connection: services.stage(connection, run.work.runtime.keys, run.reading, people, names))


def _names(course: Course, people: Sequence[Listed]) -> list[str]:
    """Names as the LMS gives them, pseudonyms in the school's language where it gives none (NR-09)."""
    with speaking(course.locale):
        return [
            each.name or gettext("Member %(code)s", code=pseudonym_code(course.registration_id, each.sub))
            for each in people
        ]


def _merge(run: Run) -> None:
    after: str | None = ""
    while after is not None:
        after = run.write_slice(_merging(run, after))


def _merging(run: Run, after: str) -> Callable[[Connection], str | None]:
    runtime = run.work.runtime
    return lambda connection: merging.merge(connection, runtime.keys, run.reading, after, runtime.clock.now())


def _retire(run: Run) -> None:
    """Hide who is not in the list. Nobody is held up while they are looked for, and mostly there are none."""
    after: int | None = 0
    while after is not None:
        run.go_on()
        with run.work.runtime.database.reading_core() as connection:
            absent, after = merging.absent_after(connection, run.reading, after)
        for start in range(0, len(absent), services.ROWS):
            part = absent[start : start + services.ROWS]
            run.write_slice(partial(merging.retire, reading=run.reading, enrolments=part))


def _failed(run: Run, error: Unavailable) -> datetime | None:
    """Nothing has changed; when to try again."""
    log.warning("roster_not_read", context=run.course.id, cause=error.cause.value, status=error.status)
    now = run.work.runtime.clock.now()
    try:
        with run.work.runtime.database.writing_core() as connection:
            failures = services.fail(connection, run.reading, error.cause)
    except Superseded:
        return None
    with suppress(Superseded, Stopped):  # what is left here, the next reading clears away
        while run.write_slice(lambda connection: services.clear(connection, run.reading)):
            pass
    if error.cause not in PASSING or failures > PATIENCE:
        return None
    return now + max(error.wait or timedelta(), jobs.backoff(failures, random.random()))  # noqa: S311 - spreads, guards nothing


def ask_for_all(work: Work, taken: Taken) -> datetime | None:  # noqa: ARG001 - a job has this shape
    """`JobKind.run`: once a night, let the whole roster of every course in use be read, spread over an hour."""
    database, now = work.runtime.database, work.runtime.clock.now()
    after, place = 0, 0
    while not work.stop.is_set():
        with database.reading_core() as connection:
            found = queries.due_courses(connection, now, after=after, most=A_NIGHT)
        if not found:
            break
        with database.writing_core() as connection:
            for context_id in found:
                ask(connection, context_id, now + timedelta(seconds=place * 7 % 3600))
                place += 1
        after = found[-1]
    return night_after(now)


def night_after(now: datetime) -> datetime:
    """Half past two in China, when nobody learns (18:30 UTC)."""
    tonight = now.replace(hour=18, minute=30, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)


def ask(connection: Connection, context_id: int, due_at: datetime, payload: dict[str, Any] | None = None) -> None:
    """Let a course's whole roster be read. One statement in the caller's transaction."""
    jobs.ask(connection, name=READ_ROSTER, key=roster_key(context_id), due_at=due_at, payload=payload or FULL)


JOBS: tuple[JobKind, ...] = (
    JobKind(READ_ROSTER, read, lease=LEASE),
    JobKind(NIGHTLY, ask_for_all, every=timedelta(days=1)),
)
