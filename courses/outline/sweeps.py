"""What the worker does for outlines."""

from datetime import datetime

from sqlalchemy import Connection

from courses.outline import services
from lti_tool.core.web import Runtime
from lti_tool.ledger.kinds import Sweep


def _is_due(connection: Connection, now: datetime) -> bool:  # noqa: ARG001 - a sweep's question has this shape
    return services.context_to_adopt(connection) is not None


def _run(runtime: Runtime, now: datetime) -> int:  # noqa: ARG001 - a sweep's work has this shape
    """Take the activities of one course that stand outside its home into it."""
    with runtime.database.writing() as session:
        context_id = services.context_to_adopt(session.connection())
        home = services.home_of(session, context_id) if context_id is not None else None
        return services.adopt(session, home) if home is not None else 0


ADOPT = Sweep("outline.adopt", due=_is_due, run=_run)
"""Tasks that a link of their own or a picker made come under the home of their course."""
