"""What the launch keeps in memory for one application: registrations, key sets, counters."""

from dataclasses import dataclass, field
from itertools import count

from lti_tool.core.http import Http
from lti_tool.core.web import Runtime
from lti_tool.launch.limits import Limit
from lti_tool.launch.registry import Registry
from lti_tool.lms.hosts import http_of
from lti_tool.lms.key_sets import KeySets

FAILURES_PER_MINUTE = 60
PRUNE_EVERY = 100


@dataclass(slots=True)
class Edge:
    """One per application and process."""

    registry: Registry
    key_sets: KeySets
    http: Http
    logins: Limit
    """Per registration and login hint, and per browser session (OL-17)."""
    failures: Limit = field(default_factory=lambda: Limit(FAILURES_PER_MINUTE))
    """Per address, of refused requests only: a campus sits behind one address."""
    begun: "count[int]" = field(default_factory=count)


def edge_of(runtime: Runtime) -> Edge:
    """The application's edge; made at the first question."""
    found: Edge | None = runtime.services.get("launch")
    if found is None:
        # Two threads may both make one; setdefault lets the first win.
        made = _make(runtime)
        found = runtime.services.setdefault("launch", made)
    return found


def _make(runtime: Runtime) -> Edge:
    http = http_of(runtime.settings, runtime.database)
    return Edge(Registry(runtime.database), KeySets(http.get), http, Limit(runtime.settings.logins_per_minute))
