"""A private PostgreSQL for the tests and benchmarks: a cluster in a temporary folder, on a Unix socket, gone afterwards.

PostgreSQL refuses to run as root, so for root it runs as `postgres`, or `nobody` where there is no such user.
`python -m tests.postgres [--durable] COMMAND ...` runs a command with DANGKE_TEST_DATABASE_URL set to it.
"""

import argparse
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import psycopg

from tools.programs import postgresql

VARIABLE = "DANGKE_TEST_DATABASE_URL"
# The tests kill our own processes, never PostgreSQL or the power: what it has acknowledged is in memory then anyway.
QUICK = ["fsync=off", "full_page_writes=off"]
SETTINGS = [
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=128MB",
    "timezone=UTC",
    "log_min_messages=fatal",
]


class PostgresMissing(Exception):
    """There is no PostgreSQL on this machine; the text says what to install."""


class Identity(TypedDict, total=False):
    """Who a subprocess runs as; empty for ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def server_identity() -> Identity:
    """The account that PostgreSQL runs under: our own, unless we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresMissing("PostgreSQL refuses to run as root and there is no user postgres or nobody to run it as.")


@dataclass
class Cluster:
    """A running cluster of our own, that can be stopped without a farewell and started again."""

    programs: Path
    folder: Path
    identity: Identity
    settings: list[str]
    server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of its `postgres` database."""
        return f"postgresql+psycopg://postgres@/postgres?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        """Returns once it answers, after whatever recovery it needs."""
        self.server = launch(self.programs, self.folder, self.identity, self.settings)

    def crash(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, no farewell to anybody."""
        stop = [str(self.programs / "pg_ctl"), "stop", "-m", "immediate", "-D", str(self.folder / "data")]
        subprocess.run(stop, cwd=self.folder, capture_output=True, check=True, **self.identity)
        if self.server is not None:
            self.server.wait(timeout=30)


@contextlib.contextmanager
def private_cluster(*, durable: bool = False) -> Iterator[str]:
    """Yields the URL of a new cluster's `postgres` database; `durable` keeps fsync on, for benchmarks.

    Raises PostgresMissing where the programs are not installed.
    """
    with running_cluster(durable=durable) as cluster:
        yield cluster.url


@contextlib.contextmanager
def running_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """The same as an object that can be crashed."""
    programs = postgresql()
    if programs is None:
        raise PostgresMissing("PostgreSQL was not found: install it with `apt install postgresql`.")
    identity = server_identity()
    # The path of a Unix socket may not be longer than 107 bytes, so this folder stands in /tmp whatever TMPDIR says.
    folder = Path(tempfile.mkdtemp(prefix="dangke-pg-", dir="/tmp"))
    if identity:
        os.chown(folder, identity["user"], identity["group"])
    cluster = Cluster(programs, folder, identity, SETTINGS if durable else [*SETTINGS, *QUICK])
    try:
        initialise(programs, folder, identity)
        cluster.start()
        yield cluster
    finally:
        if cluster.server is not None:
            cluster.server.send_signal(signal.SIGINT)  # a fast shutdown: open sessions are rolled back
            cluster.server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def initialise(programs: Path, folder: Path, identity: Identity) -> None:
    """Makes the files of the cluster."""
    data = folder / "data"
    initdb = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
        "--auth=trust",
        "--no-sync",
    ]
    done = subprocess.run(list(map(str, initdb)), cwd=folder, capture_output=True, text=True, check=False, **identity)
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed: {done.stderr.strip()}")


def launch(programs: Path, folder: Path, identity: Identity, settings: list[str]) -> subprocess.Popen[bytes]:
    """Starts the postmaster and returns it once it answers."""
    arguments = [part for setting in settings for part in ("-c", setting)]
    # A session of its own, so that Ctrl-C in the terminal reaches the tests first and PostgreSQL only through us.
    with (folder / "postgres.log").open("ab") as log:
        server = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *arguments],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            **identity,
        )
    try:
        wait_until_it_answers(server, folder)
    except BaseException:
        server.kill()
        server.wait()
        raise
    return server


def wait_until_it_answers(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Returns once a connection is had; raises RuntimeError when the server has ended or a minute has passed."""
    for _ in range(600):
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(f"host={folder} user=postgres"):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=0.1)
            raise RuntimeError(f"PostgreSQL ended at once: {(folder / 'postgres.log').read_text()}")
    raise RuntimeError("PostgreSQL did not answer within a minute.")


def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Creates a database on the server of `server_url`, in place of one of that name, as a copy of `template`; its URL."""
    with psycopg.connect(server_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    head, _, tail = server_url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{tail}"


def drop_database(server_url: str, name: str) -> None:
    """Takes such a database away again, whoever is still connected."""
    with psycopg.connect(server_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--durable", action="store_true", help="keep fsync on")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    try:
        with private_cluster(durable=arguments.durable) as url:
            return subprocess.run(arguments.command, env={**os.environ, VARIABLE: url}, check=False).returncode
    except PostgresMissing as error:
        print(error, file=sys.stderr)
        return 69  # EX_UNAVAILABLE


if __name__ == "__main__":
    raise SystemExit(main())
