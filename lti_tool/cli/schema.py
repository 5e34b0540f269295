"""`dangke migrate`."""

import click

from lti_tool.cli import opening
from lti_tool.core import schema
from lti_tool.core.clock import SystemClock
from lti_tool.core.database import Database
from lti_tool.core.secrets import Keys
from lti_tool.lms.tool_keys import ensure_key


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="Revision; 'base' takes everything away.")
@click.option("--down", is_flag=True, help="Move down instead of up.")
def migrate(revision: str, down: bool) -> None:
    """Bring the database to this program's version, and make the tool's key if there is none yet."""
    settings = opening.settings()
    database = Database(settings.database_url)
    if down:
        schema.downgrade(database, revision)
    else:
        schema.upgrade(database, revision)
        if schema.is_current(database):
            ensure_key(database, Keys(settings.secret.get_secret_value()), SystemClock().now())
    click.echo(f"The database is at {schema.current(database) or 'nothing'}.")
    database.dispose()
