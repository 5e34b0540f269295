"""What a mentor sees: how far the members are whom the LMS has named, and nothing else. There is nothing to press."""

from typing import Any

from flask.typing import ResponseReturnValue

from lti_tool.core.i18n import format_moment, format_percent
from lti_tool.core.i18n import gettext as _
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Can
from lti_tool.launch import queries
from lti_tool.launch.views.blueprint import blueprint


@blueprint.get("/courses/<int:context_id>/mentoring")
def mentoring(context_id: int) -> ResponseReturnValue:
    """Five statements, whatever the size of the course."""
    with runtime().database.reading() as session:
        actor = current.actor(session, context_id, Can.watch)
        people = queries.mentored(session, actor)
        tasks = queries.tasks_of(session, context_id, [each.name for each in runtime().kinds.values() if each.is_root])
        reached = queries.reached(session, [each.id for each in people], [each.id for each in tasks])
    return render(
        "launch/mentoring.html",
        course=actor.course,
        return_url=actor.return_url,
        people=[_person(each, tasks, reached) for each in people],
    )


def _person(person: Any, tasks: list[Any], reached: dict[tuple[int, int], Any]) -> dict[str, Any]:
    rows = [_row(task, reached.get((person.id, task.id))) for task in tasks]
    done = sum(each["state"] == "done" for each in rows)
    return {
        "name": person.name,
        "done": _("%(done)s of %(all)s tasks completed", done=done, all=len(rows)),
        "rows": rows,
    }


def _row(task: Any, found: Any) -> dict[str, Any]:
    kind = runtime().kinds.get(task.kind)
    row = {
        "title": task.title,
        "kind": kind.label if kind else "",
        "state": "todo",
        "words": _("not started"),
        "when": "",
    }
    if found is None:
        return row
    when = format_moment(found.completed_at or found.updated_at, runtime().clock.now())
    if found.completed_at is not None:
        return row | {"state": "done", "words": _("completed"), "when": when}
    return row | {
        "state": "doing",
        "words": _("in progress, %(share)s", share=format_percent(found.progress)),
        "when": when,
    }
