"""/metrics, /healthz and /readyz on a loopback port of their own: never reachable through the proxy that browsers come by."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import ThreadingWSGIServer, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.cli.health.collector import FactsCollector
from lti_tool.cli.opening import check_port
from lti_tool.core.beats import Pulse
from lti_tool.core.config import Settings
from lti_tool.core.errors import DangkeError
from lti_tool.core.web import Runtime

ADDRESS = "127.0.0.1"
READ_WITHIN = 10
"""Seconds for a request to arrive: a connection that says nothing must not hold a thread for ever."""

Ready = Callable[[], str]
"""The cause why this process cannot do its work; empty if it can."""


class _Silent(WSGIRequestHandler):
    """Scrapes are not logged."""

    timeout = READ_WITHIN

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library calls it by
        """Say nothing."""


def check(settings: Settings) -> None:
    """Raises Fault when the port of /metrics is taken."""
    if settings.metrics_port:
        check_port(ADDRESS, settings.metrics_port, "DANGKE_METRICS_PORT")


def start(runtime: Runtime, pulse: Pulse | None) -> None:
    """Answer in a thread of this process: the counters of all its processes and, in a worker, what the database knows."""
    port = runtime.settings.metrics_port
    if not port:
        return
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
    if pulse is not None:
        registry.register(FactsCollector(runtime.settings, runtime.database, runtime.clock))
    application = _application(registry, lambda: unready(runtime, pulse))
    server = make_server(ADDRESS, port, application, ThreadingWSGIServer, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def unready(runtime: Runtime, pulse: Pulse | None) -> str:
    """Why this process cannot do its work: `database`, or the loop of the worker that hangs; empty if it can."""
    try:
        with runtime.database.reading_core() as connection:
            connection.execute(text("select 1"))
    except (DangkeError, SQLAlchemyError):
        return "database"
    stuck = pulse.stuck(runtime.clock.now()) if pulse is not None else []
    return stuck[0] if stuck else ""


def _application(registry: CollectorRegistry, unready: Ready) -> Any:
    scrape: Any = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return list(scrape(environ, start_response))
        cause = unready() if path == "/readyz" else ""
        known = path in {"/readyz", "/healthz"}
        status = "404 Not Found" if not known else "503 Service Unavailable" if cause else "200 OK"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps({"ok": known and not cause} | ({"cause": cause} if cause else {})).encode()]

    return answer
