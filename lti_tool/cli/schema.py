"""`dangke migrate`."""

import click
from alembic.util import CommandError

from lti_tool.cli import opening
from lti_tool.core import schema
from lti_tool.core.clock import SystemClock
from lti_tool.core.secrets import Keys
from lti_tool.lms.tool_keys import ensure_key


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="Revision; 'base' takes everything away.")
@click.option("--down", is_flag=True, help="Move down instead of up.")
def migrate(revision: str, down: bool) -> None:
    """Bring the database to this program's version, and make the tool's key if there is none yet."""
    if down and revision == "head":
        raise click.UsageError("Say how far down: --to base, or --to and a revision.")
    settings = opening.settings()
    with opening.database_of(settings) as database, opening.reaching():
        try:
            if down:
                schema.downgrade(database, revision)
            else:
                schema.upgrade(database, revision)
        except CommandError as error:
            raise opening.Fault(f"The database cannot be moved there: {error}.") from None
        if schema.is_current(database):
            ensure_key(database, Keys(settings.secret.get_secret_value()), SystemClock().now())
        click.echo(f"The database is at {schema.current(database) or 'nothing'}.")
