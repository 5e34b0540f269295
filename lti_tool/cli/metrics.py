"""/metrics on a loopback port of its own: never reachable through the proxy that browsers come by."""

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from lti_tool.cli.opening import check_port
from lti_tool.core.config import Settings
from lti_tool.core.web import Runtime
from lti_tool.passback.metrics import OutboxCollector

ADDRESS = "127.0.0.1"


def check(settings: Settings) -> None:
    """Raises Fault when the port of /metrics is taken."""
    if settings.metrics_port:
        check_port(ADDRESS, settings.metrics_port, "DANGKE_METRICS_PORT")


def start(runtime: Runtime) -> None:
    """Answer scrapes in a thread of this process: the counters of all processes, and the outbox from the database."""
    port = runtime.settings.metrics_port
    if not port:
        return
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
    registry.register(OutboxCollector(runtime.database, runtime.clock))
    start_http_server(port, addr=ADDRESS, registry=registry)
