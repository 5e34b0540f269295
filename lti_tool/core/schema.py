"""The schema's version: moves it up and down with Alembic, and says whether it is current."""

from collections.abc import Callable
from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from lti_tool.core.database import Database


def config() -> Config:
    """Alembic's configuration without an ini file."""
    with as_file(files("lti_tool.migrations")) as folder:
        made = Config()
        made.set_main_option("script_location", str(folder).replace("%", "%%"))
    made.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s")
    return made


def upgrade(database: Database, revision: str = "head") -> None:
    """Move the schema up to `revision`."""
    _move(database, command.upgrade, revision)


def downgrade(database: Database, revision: str) -> None:
    """Move the schema down to `revision` ("base": nothing left)."""
    _move(database, command.downgrade, revision)


def _move(database: Database, how: Callable[[Config, str], None], revision: str) -> None:
    made = config()
    with database.migrating() as connection:
        made.attributes["connection"] = connection
        how(made, revision)


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision of this program."""
    return ScriptDirectory.from_config(config()).get_current_head()


def is_current(database: Database) -> bool:
    """Whether the database has exactly the schema that this program expects."""
    return current(database) == head()


def is_known(revision: str) -> bool:
    """Whether this program can bring a database of that revision up to its own."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(config()).walk_revisions())
