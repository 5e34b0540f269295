"""What the worker does for choices."""

from datetime import datetime

from lti_tool.core.web import Runtime
from lti_tool.launch.services import drafts
from lti_tool.ledger.kinds import Sweep


def _run(runtime: Runtime, now: datetime) -> int:
    """One transaction; what is left is still due, so the worker comes again. Killed at any point, nothing is half done."""
    with runtime.database.writing_core() as connection:
        return drafts.clear(connection, runtime.kinds, now)


FORGOTTEN_DRAFTS = Sweep("launch.forgotten_drafts", due=drafts.is_any_forgotten, run=_run)
"""Activities that were made while choosing and neither chosen nor touched go after 7 days."""
