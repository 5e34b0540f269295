"""The whole product as a user has it: the demo LMS and `dangke serve` as processes, on two sites, with data of their own.

    with running_stack(folder) as stack: ...

The tool is on http://127.0.0.1:P and the LMS on http://localhost:Q: two sites for a browser, as in real life. On a
PostgreSQL run the tool gets a database of its own there.
"""

import atexit
import contextlib
import functools
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from lti_tool.app import build_runtime
from lti_tool.cli.seeding import sow
from lti_tool.core import schema
from lti_tool.core.config import load_settings
from lti_tool.core.database import Database
from lti_tool.lms.tool_keys import ensure_key
from tests.lms_client import LmsDriver
from tests.plugins.engine import SERVER, on_postgresql
from tests.postgres import create_database
from tests.processes import Server, free_port

DANGKE = str(Path(sys.executable).parent / "dangke")


@dataclass
class Stack:
    """A running tool and a running LMS."""

    folder: Path
    tool: Server
    lms: Server
    tool_url: str
    lms_url: str
    metrics_url: str
    driver: LmsDriver
    config: dict[str, Any]

    def dangke(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the command line beside the servers, with the tool's settings; never raises."""
        return run_dangke(dict(self.tool.environment), *arguments)

    def stop(self) -> None:
        """Stops both."""
        self.tool.stop()
        self.lms.stop()


def run_dangke(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`dangke ...` with these settings."""
    return subprocess.run(
        [DANGKE, *arguments], env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def must_run(environment: dict[str, str], *arguments: str) -> None:
    """The same, for a step that has to succeed."""
    done = run_dangke(environment, *arguments)
    assert done.returncode == 0, f"dangke {' '.join(arguments)}: {done.stdout}{done.stderr}"


def database_url(folder: Path) -> str:
    """A database of its own on the engine of this run."""
    if on_postgresql():
        return create_database(os.environ[SERVER], f"stack_{uuid4().hex[:12]}")
    return f"sqlite:///{folder / 'dangke.db'}"


@functools.cache
def _migrated_file() -> str:
    """An SQLite file without rows at this program's version, made once in this process."""
    folder = tempfile.mkdtemp(prefix="dangke-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = f"{folder}/migrated.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@functools.cache
def _migrated_database() -> str:
    """The same on the PostgreSQL server of this run: a database's name."""
    name = f"migrated_{uuid4().hex[:12]}"
    _upgrade(create_database(os.environ[SERVER], name))
    return name


def _upgrade(url: str) -> None:
    database = Database(url)
    schema.upgrade(database)
    database.dispose()


def put_schema(url: str) -> None:
    """Puts a migrated database where `url` says: for those who need it but do not test how it comes to be.

    A copy, which is quicker; but on another server than the one of this run (a cluster that a test crashes) by migrating.
    """
    if url.startswith("sqlite:"):
        shutil.copy(_migrated_file(), url.removeprefix("sqlite:///"))
    elif on_postgresql() and url.partition("?")[2] == os.environ[SERVER].partition("?")[2]:
        create_database(os.environ[SERVER], url.partition("?")[0].rsplit("/", 1)[1], _migrated_database())
    else:
        _upgrade(url)


def tool_environment(folder: Path, port: int, metrics_port: int, **settings: str) -> dict[str, str]:
    """The tool's whole environment: nothing of ours but the path and the settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {
        **kept,
        "PYTHONUNBUFFERED": "1",
        "DANGKE_ENV": "demo",
        "DANGKE_SECRET": secrets.token_urlsafe(48),
        "DANGKE_DATABASE_URL": database_url(folder),
        "DANGKE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DANGKE_DATA_DIR": str(folder / "tool"),
        "DANGKE_PORT": str(port),
        "DANGKE_METRICS_PORT": str(metrics_port),
        "DANGKE_LOGINS_PER_MINUTE": "1000",  # tests click faster than people
        **settings,
    }


def prepared(environment: dict[str, str], lms_url: str) -> dict[str, Any]:
    """Does what `dangke migrate` and `dangke seed` do, in this process; returns what the demo LMS must know.

    Each stack would start two programs more for it; those commands have tests of their own (tests/cli, `make demo`).
    """
    values = {name: value for name, value in environment.items() if name.startswith("DANGKE_")}
    runtime = build_runtime(
        load_settings(**{name.removeprefix("DANGKE_").lower(): each for name, each in values.items()})
    )
    try:
        put_schema(environment["DANGKE_DATABASE_URL"])
        ensure_key(runtime.database, runtime.keys, runtime.clock.now())
        return sow(runtime, lms_url)
    finally:
        runtime.renderer.close()
        runtime.database.dispose()


@contextlib.contextmanager
def running_stack(folder: Path, *, command: str = "serve", **settings: str) -> Iterator[Stack]:
    """Migrates, seeds the sample course, starts both servers, and stops them in the end.

    `command`: the tool as `dangke serve`, or `web` alone, which sends no score. `settings` are DANGKE_* values.
    """
    tool_port, lms_port, metrics_port = free_port(), free_port(), free_port()
    tool_url, lms_url = f"http://127.0.0.1:{tool_port}", f"http://localhost:{lms_port}"
    environment = tool_environment(folder, tool_port, metrics_port, **settings)
    (folder / "tool").mkdir(parents=True)
    (folder / "lms").mkdir()
    config = folder / "demo-lms.json"
    config.write_text(json.dumps(prepared(environment, lms_url)), encoding="utf-8")
    lms = Server(
        "demo LMS",
        [
            *(sys.executable, "-m", "lti_tool.demo", "--port", str(lms_port), "--data", str(folder / "lms")),
            *("--tool-config", str(config), "--control"),
        ],
        {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ},
        f"{lms_url}/healthz",
        folder / "lms.log",
    )
    tool = Server(f"dangke {command}", [DANGKE, command], environment, f"{tool_url}/healthz", folder / "tool.log")
    stack = Stack(
        folder, tool, lms, tool_url, lms_url, f"http://127.0.0.1:{metrics_port}/metrics", LmsDriver(lms_url),
        json.loads(config.read_text(encoding="utf-8")),
    )  # fmt: skip
    try:
        lms.start()
        tool.start()
        yield stack
    finally:
        stack.stop()
