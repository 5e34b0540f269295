"""What went wrong at the door, and what operators did."""

from flask import request
from flask.typing import ResponseReturnValue

from lti_tool.admin import queries
from lti_tool.admin.views.blueprint import blueprint, page
from lti_tool.admin.words import ACTIONS, STAFF_ACTIONS
from lti_tool.core.text import clean_line
from lti_tool.core.web import LARGEST_ID, runtime
from lti_tool.launch.reasons import REASONS


@blueprint.get("/failures")
def failures() -> ResponseReturnValue:
    """Refused logins and launches by reason, each with the reference that the user reads on his error page."""
    now = runtime().clock.now()
    chosen = request.args.get("reason", "")
    reason = chosen if chosen in REASONS else ""
    reference = clean_line(request.args.get("reference", ""), 16)
    number = _number("registration")
    with runtime().database.reading() as session:
        counts = queries.failures_by_reason(session, now)
        found = queries.failures(session, now, reason=reason, reference=reference, registration_id=number)
    rows = [(each, *_words(each.reason)) for each in found]
    return page(
        "failures.html", "admin.failures", counts=[(name, _words(name)[0], times) for name, times in counts],
        rows=rows, reason=reason, reference=reference, days=queries.DAYS, most=queries.MOST,
    )  # fmt: skip


def _number(name: str) -> int | None:
    """A number in the address that a table can hold; None for anything else."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= LARGEST_ID else None


def _words(reason: str) -> tuple[str, str]:
    """Code and sentence of a reason; a reason of an older version has no words any more."""
    known = REASONS.get(reason)
    return (known.code, known.words("?")) if known else (reason, "")


@blueprint.get("/log")
def log() -> ResponseReturnValue:
    """Who did what in the console."""
    before = _number("before")
    with runtime().database.reading() as session:
        rows = queries.log(session, before)
    lines = [(row, ACTIONS.get(row.action, row.action)) for row in rows]
    return page("log.html", "admin.log", lines=lines, older=rows[-1].id if len(rows) == queries.MOST else None)


@blueprint.get("/log/courses")
def staff_log() -> ResponseReturnValue:
    """What staff did in the courses."""
    before = _number("before")
    with runtime().database.reading() as session:
        rows = queries.staff_log(session, before)
    lines = [(row, STAFF_ACTIONS.get(row.action, row.action)) for row in rows]
    return page("staff_log.html", "admin.log", lines=lines, older=rows[-1].id if len(rows) == queries.MOST else None)
