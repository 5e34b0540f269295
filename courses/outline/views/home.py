"""The course home: one address, the task list for members, the workbench for staff. A hot path."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from courses.outline import queries
from courses.outline.views import rows, staff
from courses.outline.views.blueprint import blueprint
from courses.outline.views.words import Words
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import current_place
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.models import ActivityStatus
from lti_tool.ledger.windows import outline_deviations


@blueprint.get("/home/<int:activity_id>")
def home(activity_id: int) -> ResponseReturnValue:
    """One statement for members: grants, and the tasks with what was reached; one more if other dates hold for them."""
    with runtime().database.reading_core() as connection:
        outline = queries.for_member(connection, activity_id)
        if outline is None:
            raise NotFound
        actor = current.actor(connection, outline.home.context_id)
        if actor.can(Can.follow) and not actor.preview:
            known: Any = staff.read(connection, outline.home)
        else:
            if outline.home.status != ActivityStatus.published:
                raise NotFound
            deviations = outline_deviations(connection, activity_id, actor.member_id) if outline.deviates else {}
            known = rows.Known(outline.tasks, outline.reached, outline.times, outline.ways, deviations)
    words = Words(*current_place(), runtime().clock.now())
    if isinstance(known, rows.Known):
        page = rows.Page(known, words)
        address = words.grades(outline.home.id)
        return render("courses/home.html", **_head(actor, outline.home), page=page, grades_address=address)
    return render("courses/home_staff.html", **_head(actor, outline.home), **staff.page(known, words, actor))


def _head(actor: Actor, home: Any) -> dict[str, Any]:
    return {
        "title": home.title or actor.course,
        "meta": [actor.course] if actor.course and actor.course != home.title else [],
        "home_id": home.id,
        "progress_address": url_for("courses_outline.members", activity_id=home.id) if actor.can(Can.follow) else "",
    }
