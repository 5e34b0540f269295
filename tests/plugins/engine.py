"""Which database a run is on, one of its own for every worker, and which tests belong to it.

DANGKE_TEST_DATABASE_URL names a PostgreSQL server; without it the run is on SQLite. A test marked `postgresql` belongs to
PostgreSQL runs only, and one marked `once` (the database makes no difference to it, and it takes its time) to SQLite runs
only. The other run
does not collect it, which is neither a skip nor a deselection, since `make test` makes both runs and the gate counts both.
"""

import os

import pytest

from tests.postgres import VARIABLE, create_database

SERVER = "DANGKE_TEST_POSTGRES_SERVER"


def on_postgresql() -> bool:
    """Whether this run is on PostgreSQL."""
    return os.environ.get(VARIABLE, "").startswith("postgresql")


def pytest_configure(config: pytest.Config) -> None:
    """Gives this process a database of its own; the controller of a parallel run needs none."""
    if not on_postgresql():
        return
    worker = getattr(config, "workerinput", None)
    if worker is None and getattr(config.option, "dist", "no") != "no":
        return
    server = os.environ[SERVER] = os.environ[VARIABLE]
    name = f"test_{worker['workerid'] if worker else 'main'}_{os.getpid()}"
    os.environ[VARIABLE] = create_database(server, name)


def pytest_report_header() -> str:
    """Says which engine the run is on."""
    return f"engine: {'postgresql' if on_postgresql() else 'sqlite'}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests of the other engine.

    In a parallel run the slow ones come first, beside the browser tests, which xdist begins with because they are the
    largest groups (tests/plugins/groups.py): no worker is left alone with a long one at the end.
    """
    foreign = "once" if on_postgresql() else "postgresql"
    items[:] = [item for item in items if item.get_closest_marker(foreign) is None]
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def engine_name() -> str:
    """`sqlite` or `postgresql`."""
    return "postgresql" if on_postgresql() else "sqlite"
