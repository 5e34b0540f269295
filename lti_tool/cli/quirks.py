"""`dangke quirks`: what differs in one LMS, as the console's page of a connection has it."""

import click

from lti_tool.cli.acting import noted, subject
from lti_tool.cli.keys import opened
from lti_tool.core.clock import SystemClock
from lti_tool.identity.models import Registration
from lti_tool.launch import operating
from lti_tool.launch.registrations import find
from lti_tool.launch.rules.custom import is_history_trusted

HISTORIES = {"usual": None, "trusted": True, "ignored": False}


@click.command()
@click.argument("registration", type=int)
@click.option("--family", help="Product family code: moodle, canvas, openedx ...; empty for none.")
@click.option("--audience", help="Of token requests; empty for the access token URL.")
@click.option(
    "--histories",
    type=click.Choice(list(HISTORIES)),
    help="Whether what the LMS says a course was copied from is believed. Not where teachers can type it.",
)
def quirks(registration: int, family: str | None, audience: str | None, histories: str | None) -> None:
    """Show or change what differs in the LMS of a registration."""
    with opened() as (_settings, database):
        if family is None and audience is None and histories is None:
            with database.reading() as session:
                _show(find(session, registration))
            return
        with database.writing() as session:
            found = find(session, registration)
            operating.set_quirks(
                session,
                registration,
                family=found.family if family is None else family,
                audience=(found.audience or "") if audience is None else audience,
                trusts_history=found.trusts_history if histories is None else HISTORIES[histories],
            )
            noted(session, "quirks_set", SystemClock().now(), subject(found), operating.quirks_of(found))
            _show(found)
    click.echo("Running web processes follow it within 30 seconds.")


def _show(found: Registration) -> None:
    trusted = is_history_trusted(found.family, found.trusts_history)
    why = "as usual for this family" if found.trusts_history is None else "set by hand"
    click.echo(f"family     {found.family or '-'}")
    click.echo(f"audience   {found.audience or 'the access token URL'}")
    click.echo(f"histories  {'trusted' if trusted else 'ignored'}, {why}")
