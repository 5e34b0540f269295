"""`dangke roles`: what an LMS means by a role, where that differs from LTI's table."""

import click

from lti_tool.cli.acting import noted, subject
from lti_tool.cli.keys import opened
from lti_tool.core.clock import SystemClock
from lti_tool.identity.actor import Role
from lti_tool.launch.registrations import find
from lti_tool.launch.role_tables import roles_of, set_roles

_OURS = click.Choice([role.value for role in Role])


@click.command()
@click.argument("registration", type=int)
@click.option("--set", "given", multiple=True, type=(str, _OURS), metavar="ROLE OURS", help="ROLE as the LMS sends it.")
@click.option("--unset", "taken", multiple=True, metavar="ROLE", help="Back to LTI's table for this role.")
def roles(registration: int, given: tuple[tuple[str, str], ...], taken: tuple[str, ...]) -> None:
    """Show or change the role table of a registration: OURS is instructor, assistant, member, mentor or guest."""
    changes: dict[str, Role | None] = {name: Role(ours) for name, ours in given}
    changes |= dict.fromkeys(taken)
    with opened() as (_settings, database):
        if changes:
            with database.writing() as session:
                table = set_roles(session, registration, changes)
                said = ", ".join(f"{name} = {ours.value if ours else '-'}" for name, ours in changes.items())
                noted(session, "roles_set", SystemClock().now(), subject(find(session, registration)), said)
        else:
            with database.reading() as session:
                table = roles_of(session, registration)
    for name, role in table.items():
        click.echo(f"{role.value:11} {name}")
    if not table:
        click.echo("No roles of its own: LTI's table holds.")
    if changes:
        click.echo("Launches follow it within 30 seconds; who is here keeps his role until he opens the course again.")
