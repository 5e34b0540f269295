"""`dangke reconcile`: reads the gradebooks of the LMSs back now, instead of in the night."""

import click
from sqlalchemy import Select, or_, select

from lti_tool.cli.acting import noted, subject
from lti_tool.cli.opening import Fault
from lti_tool.cli.working import at_work, must_be_known
from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import LineItem, LineItemState
from lti_tool.passback import queries
from lti_tool.passback.reconciler import jobs


@click.command()
@click.option("--registration", type=int, help="Only this one; `dangke registrations` lists them.")
def reconcile(registration: int | None) -> None:
    """Compare what the LMSs' gradebooks show with what they were told; exit code 1 if a column could not be read.

    What stands there is confirmed, what was told and never taken is sent once more by the worker, and what somebody else has
    put there is listed as different.
    """
    (kind,) = (each for each in jobs.JOBS if each.name == jobs.READ)
    with at_work(kind) as (runtime, work):
        database, began = runtime.database, runtime.clock.now()
        with database.writing() as session:
            must_be_known(session.connection(), registration)
            lms = "" if registration is None else subject(session.get_one(Registration, registration))
            noted(session, "reconciled", began, lms)
        ours = LineItem.id.in_(_columns_of(registration))
        jobs.ask_for(database, ours, began)
        work()
        with database.reading_core() as connection:
            drift = queries.drift_by_registration(connection)
            unread = connection.execute(
                # Still due: the LMS is being left alone because it did not answer, or another worker reads it now.
                select(LineItem.id).where(
                    ours,
                    LineItem.state == LineItemState.ready,
                    or_(LineItem.read_cause != "", LineItem.read_due_at <= began),
                )
            ).all()
    for number, count in sorted(drift.items()):
        if registration in {None, number}:
            click.echo(f"registration {number}: {count} grades differ in the LMS")
    if unread:
        raise Fault(
            f"{len(unread)} columns could not be read yet; the grades' page of their activities says why. "
            "They are tried again by the worker."
        )


def _columns_of(registration: int | None) -> Select[int]:
    """The ids of the columns of one LMS, or of all, as a statement."""
    statement = select(LineItem.id).select_from(COLUMNS_TO_DEPLOYMENTS)
    return statement if registration is None else statement.where(Deployment.registration_id == registration)
