"""The schema's version: moves it up and down with Alembic, and says whether it is current."""

import re
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text

from lti_tool.core.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = "lti_tool.migrations"
_FILE: Final = re.compile(r"\d{4}_\d\d_\d\d_(\d{4})_\w+\.py")
"""As `file_template` has it; the newest has the highest number."""


def config() -> "Config":
    """Alembic's configuration without an ini file."""
    from alembic.config import Config  # only who moves the schema pays for it: servers start without

    with as_file(files(MIGRATIONS)) as folder:
        made = Config()
        made.set_main_option("script_location", str(folder).replace("%", "%%"))
    made.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s")
    return made


def upgrade(database: Database, revision: str = "head") -> None:
    """Move the schema up to `revision`."""
    from alembic import command

    made = config()
    with database.migrating() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, revision)


def downgrade(database: Database, revision: str) -> None:
    """Move the schema down to `revision` ("base": nothing left)."""
    from alembic import command

    made = config()
    with database.migrating() as connection:
        made.attributes["connection"] = connection
        command.downgrade(made, revision)


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def revisions() -> frozenset[str]:
    """Those of this program, by the names of their files, so that a server starts without Alembic."""
    names = (_FILE.fullmatch(each.name) for each in files(MIGRATIONS).joinpath("versions").iterdir())
    return frozenset(found[1] for found in names if found)


def head() -> str:
    """The newest revision of this program: the highest number (tests: where Alembic's chain ends)."""
    return max(revisions())


def is_current(database: Database) -> bool:
    """Whether the database has exactly the schema that this program expects."""
    return current(database) == head()


def is_known(revision: str) -> bool:
    """Whether this program can bring a database of that revision up to its own."""
    return revision in revisions()
