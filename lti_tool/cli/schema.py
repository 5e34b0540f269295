"""`dangke migrate`."""

import click

from lti_tool.cli import opening
from lti_tool.cli.acting import noted
from lti_tool.core import schema
from lti_tool.core.clock import SystemClock
from lti_tool.core.secrets import Keys
from lti_tool.lms.tool_keys import ensure_key


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="Revision; 'base' takes everything away.")
@click.option("--down", is_flag=True, help="Move down instead of up.")
def migrate(revision: str, down: bool) -> None:
    """Bring the database to this program's version, and make the tool's key if there is none yet."""
    from alembic.util import CommandError  # no other command pays for it

    if down and revision == "head":
        raise click.UsageError("Say how far down: --to base, or --to and a revision.")
    settings = opening.settings()
    with opening.database_of(settings) as database, opening.reaching():
        before = schema.current(database)
        try:
            if down:
                schema.downgrade(database, revision)
            else:
                schema.upgrade(database, revision)
        except CommandError as error:
            raise opening.Fault(f"The database cannot be moved there: {error}.") from None
        if schema.is_current(database):
            now = SystemClock().now()
            ensure_key(database, Keys(settings.secret.get_secret_value()), now)
            # Read before, since a second connection would wait for this one.
            after = schema.current(database)
            if before != after:
                with database.writing() as session:
                    noted(session, "migrated", now, "", f"{before or '-'} → {after}")
        click.echo(f"The database is at {schema.current(database) or 'nothing'}.")
