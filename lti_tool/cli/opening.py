"""What every command begins with: settings, logs, a database that is there and current, no demo registration outside."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from lti_tool.core import logs, schema
from lti_tool.core.config import Env, Settings, load_settings
from lti_tool.core.database import Database
from lti_tool.identity.demo import misplaced


class Fault(Exception):
    """A user's mistake or a fault of the machine, as one sentence that says what to do."""


def settings() -> Settings:
    """The settings; logs are set up and the data folder exists.

    Raises ConfigError or Fault.
    """
    loaded = load_settings()
    logs.configure(loaded.log_level)
    try:
        loaded.data_dir.mkdir(parents=True, exist_ok=True)
        if loaded.database_url.startswith("sqlite:///"):
            Path(loaded.database_url.removeprefix("sqlite:///")).resolve().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Fault(f"The folder {error.filename} cannot be made: {error.strerror}. Set DANGKE_DATA_DIR.") from None
    return loaded


@contextlib.contextmanager
def database_of(settings: Settings) -> Iterator[Database]:
    """The database, closed in the end however the command ends."""
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.dispose()


@contextlib.contextmanager
def reaching() -> Iterator[None]:
    """What happens in here speaks to the database: raises Fault when it cannot be reached."""
    try:
        yield
    except SQLAlchemyError as error:
        raise Fault(
            f"The database cannot be reached ({type(error).__name__}). Check DANGKE_DATABASE_URL and that it runs."
        ) from None


def check_database(database: Database) -> None:
    """Raises Fault unless the database can be reached and has the schema of this program."""
    with reaching():
        is_current = schema.is_current(database)
    if not is_current:
        raise Fault("The database is not at this program's version. Run: dangke migrate")


def check_registrations(database: Database, env: Env) -> None:
    """Raises Fault when a demo registration stands in an installation that is not a demo (house rule 11)."""
    if (issuer := misplaced(database, env)) is not None:
        raise Fault(
            f"This database holds the demo registration of {issuer}; anybody could sign in with it. "
            "Use another database, or set DANGKE_ENV=demo if this is a demo."
        )


def check_port(host: str, port: int, variable: str) -> None:
    """Raises Fault when somebody else listens on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Fault(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop what listens there, or set {variable}."
            ) from None
