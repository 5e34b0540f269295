"""`dangke serve` (web and worker together), `dangke web`, `dangke worker`.

serve loads the application once and forks: a worker process and gunicorn's master with its web processes share the
memory of what is loaded. The parent starts again what dies, and takes all down together.
"""

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn ships no type information

from lti_tool.app import create_app
from lti_tool.cli import metrics, opening
from lti_tool.cli.parents import die_with_parent
from lti_tool.core.beats import Pulse
from lti_tool.core.config import Settings
from lti_tool.core.logs import log
from lti_tool.core.web import Runtime

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 20
SOON_SECONDS, QUICK_DEATHS = 30.0, 5
_GARBAGE = (10_000, 10, 10)
"""How many objects may come to be before the collector looks at the youngest: as many as live while 16 pages are put
together. At Python's 700 each page would be walked through several times while it is in use."""


class Web(BaseApplication):  # type: ignore[misc]  # no type information
    """gunicorn with the application that is loaded already."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "workers": self._settings.web_processes,
            "threads": self._settings.web_threads,
            "worker_class": "gthread",
            "preload_app": True,
            "timeout": 60,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 15,
            "limit_request_line": 8190,
            "loglevel": "warning",
            "control_socket_disable": True,
            # Behind a proxy the address of the member comes from X-Forwarded-For; the application counts the hops.
            "forwarded_allow_ips": "*" if self._settings.trusted_proxies else "127.0.0.1",
            "post_fork": _forked,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def _forked(_arbiter: object, worker: Any) -> None:
    _runtime(worker.app.load()).database.after_fork()


def _runtime(app: Flask) -> Runtime:
    found: Runtime = app.extensions["dangke"]
    return found


def _load() -> tuple[Flask, Settings]:
    settings = opening.settings()
    app = create_app(settings)
    database = _runtime(app).database
    try:
        opening.check_database(database)
        opening.check_registrations(database, settings.env)
    finally:
        database.dispose()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    return app, settings


def run_worker(app: Flask) -> None:
    """The worker's process: drains and sweeps until it is told to stop."""
    from lti_tool import worker as room

    runtime = _runtime(app)
    runtime.database.after_fork()
    pulse = Pulse()
    metrics.start(runtime, pulse)
    stop = _told_to_stop()
    room.run(runtime, stop, pulse)


def run_metrics(app: Flask) -> None:
    """The process that shows the counters of `dangke web`."""
    runtime = _runtime(app)
    runtime.database.after_fork()
    metrics.start(runtime, None)
    _told_to_stop().wait()


def _told_to_stop() -> threading.Event:
    stop = threading.Event()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    return stop


@click.command()
def worker() -> None:
    """Send scores and run what is due; any number may share a PostgreSQL."""
    app, settings = _load()
    metrics.check(settings)
    run_worker(app)


@click.command()
def web() -> None:
    """Answer browsers only; run `dangke worker` beside it."""
    app, settings = _load()
    opening.check_port(settings.host, settings.port, "DANGKE_PORT")
    metrics.check(settings)
    if not settings.metrics_port:
        Web(app, settings).run()
    sys.exit(Family({"metrics": lambda: run_metrics(app), "web": lambda: Web(app, settings).run()}).run())


@click.command()
def serve() -> None:
    """Answer browsers and send scores: everything one school needs."""
    app, settings = _load()
    opening.check_port(settings.host, settings.port, "DANGKE_PORT")
    metrics.check(settings)
    click.echo(f"Dangke listens on http://{settings.host}:{settings.port} as {settings.public_url}", err=True)
    sys.exit(Family({"worker": lambda: run_worker(app), "web": lambda: Web(app, settings).run()}).run())


class Family:
    """Forked children that live and die together; one that dies by itself is started again."""

    def __init__(self, members: dict[str, Callable[[], None]]) -> None:
        self._members = members
        self._pids: dict[int, str] = {}
        self._born: dict[int, float] = {}
        self._stopping = False
        self._quick_deaths = 0

    def run(self) -> int:
        """Start all, wait, start again what dies.

        The exit code: 0 after a signal, 1 if children die again and again soon after their start.
        """
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        for name in self._members:
            self._start(name)
        while self._pids:
            try:
                pid, status = os.wait()
            except InterruptedError:
                continue
            if pid not in self._pids:
                continue
            name = self._pids.pop(pid)
            if self._stopping:
                continue
            log.error("child_died", child=name, status=os.waitstatus_to_exitcode(status))
            lived = time.monotonic() - self._born.pop(pid)
            self._quick_deaths = self._quick_deaths + 1 if lived < SOON_SECONDS else 0
            if self._quick_deaths > QUICK_DEATHS:
                self._stop(signal.SIGTERM, None)
                continue
            self._start(name)
        return 1 if self._quick_deaths > QUICK_DEATHS else 0

    def _start(self, name: str) -> None:
        parent = os.getpid()
        # No signal may come between the fork and the note of it, or the child would be told nothing and waited for.
        former = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = 0 if self._stopping else os.fork()
        if pid or self._stopping:
            if pid:
                self._pids[pid] = name
                self._born[pid] = time.monotonic()
            signal.pthread_sigmask(signal.SIG_SETMASK, former)
            return
        code = 1
        try:
            # When the parent is killed, the child must not live on and hold the port.
            die_with_parent()
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, former)
            if os.getppid() != parent:
                sys.exit(0)  # It was killed before we could ask to be told.
            self._members[name]()
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        except opening.Fault as fault:
            click.echo(f"dangke: {fault}", err=True)
        except BaseException as error:  # noqa: BLE001 - nobody above could say why this child ended
            log.error("child_failed", child=name, kind=type(error).__name__)
            traceback.print_exc()
        finally:
            # Not sys.exit: the parent's clean-up handlers must not run in the child.
            sys.stderr.flush()
            os._exit(code)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in list(self._pids):
            try:
                os.kill(pid, signal.SIGTERM if number == signal.SIGINT else number)
            except ProcessLookupError:
                self._pids.pop(pid, None)
