"""`dangke roster`: how old the LMSs' lists of members are, and reading them now."""

from datetime import timedelta

import click
from sqlalchemy import select

from lti_tool.cli.acting import noted, subject
from lti_tool.cli.keys import opened
from lti_tool.cli.opening import Fault
from lti_tool.cli.working import at_work, must_be_known
from lti_tool.core.clock import SystemClock
from lti_tool.core.jobs import Job
from lti_tool.launch.registrations import find
from lti_tool.lms.work import READ_ROSTER, roster_key
from lti_tool.roster import queries, reading
from lti_tool.roster.models import SyncState

MOST = 100_000
"""Courses of one command."""


@click.group()
def roster() -> None:
    """Lists of members and groups, as the LMSs give them."""


@roster.command("list")
@click.option("--registration", type=int, help="Only this one; `dangke registrations` lists them.")
def list_rosters(registration: int | None) -> None:
    """Show the courses with a list, the one read longest ago first: number, LMS, age, people, state, title.

    Ends with 1 if one of them could not be read the last time.
    """
    now, failed = SystemClock().now(), 0
    with opened() as (_settings, database), database.reading_core() as connection:
        must_be_known(connection, registration)
        rows = queries.shown(connection, now, registration_id=registration)
    for row in rows:
        age = "never" if row.complete_at is None else _age(now - row.complete_at)
        failed += row.state is SyncState.failed
        state = f"failed ({row.cause})" if row.state is SyncState.failed else row.state.value if row.state else "-"
        click.echo(f"{row.id:>8}  LMS {row.registration_id:<4} {age:>8}  {row.listed or 0:>6}  {state:<22} {row.title}")
    if failed:
        raise Fault(f"{failed} lists could not be read; the members' page of their courses says why.")


def _age(age: timedelta) -> str:
    minutes = max(int(age.total_seconds()) // 60, 0)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


@roster.command("read")
@click.option("--course", type=int, help="Only this one, by its number in `dangke roster list`.")
@click.option("--registration", type=int, help="Only the courses of this LMS.")
def read_rosters(course: int | None, registration: int | None) -> None:
    """Read the lists of all courses in use now, or of some; exit code 1 if one could not be read.

    A list that cannot be read to its end changes nobody.
    """
    (kind,) = (each for each in reading.JOBS if each.name == READ_ROSTER)
    with at_work(kind) as (runtime, work):
        database, began = runtime.database, runtime.clock.now()
        with database.reading_core() as connection:
            must_be_known(connection, registration)
            rows = queries.shown(connection, began, registration_id=registration, most=MOST)
        wanted = [row.id for row in rows if row.id == course or (course is None and row.is_used)]
        if course is not None and not wanted:
            raise Fault(f"Course {course} has no list that can be read. `dangke roster list` lists those that have.")
        with database.writing() as session:
            lms = "" if registration is None else subject(find(session, registration))
            of = f"course {course}" if course is not None else f"{len(wanted)} lists"
            noted(session, "roster_read", began, lms, of)
        for context_id in wanted:
            with database.writing_core() as connection:
                reading.ask(connection, context_id, began)
        work()
        with database.reading_core() as connection:
            found = [
                row
                for row in queries.shown(connection, began, registration_id=registration, most=MOST)
                if row.id in set(wanted)
            ]
            # Still there: the LMS is being left alone because it did not answer, or another worker reads it now.
            waiting = set(connection.scalars(select(Job.key).where(Job.name == READ_ROSTER)))
    unread = [row for row in found if row.state is not SyncState.done or roster_key(row.id) in waiting]
    for row in found:
        if row.state is SyncState.done:
            click.echo(f"course {row.id}: {row.listed} people, {row.came} new, {row.gone} gone, {row.renamed} renamed")
        else:
            click.echo(f"course {row.id}: not read ({row.cause or 'not yet'})")
    if unread:
        raise Fault(f"{len(unread)} of {len(found)} lists could not be read; nobody was changed by them.")
