"""Members' progress: who is where, member by task."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from courses.outline import queries
from courses.outline.views.blueprint import blueprint
from lti_tool.core.i18n import format_moment, format_percent, format_points, gettext
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.identity.groups import choices, chosen, filter_of
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import ActivityStatus


@blueprint.get("/home/<int:activity_id>/members")
def members(activity_id: int) -> ResponseReturnValue:
    """Seven statements, a page of 50 members."""
    after = request.args.get("after", "")[:9]
    with runtime().database.reading() as session:
        actor, home = open_activity(session, activity_id, Can.follow, kind="outline")
        connection = session.connection()
        outline = queries.for_staff(connection, activity_id)
        groups = choices(connection, home.context_id)
        group_id = chosen(groups, request.args.get("group", ""))
        people = queries.roll(connection, home.context_id, after=after, group_id=group_id)
        shown = people[: queries.MEMBERS_A_PAGE]
        cells = queries.grid(connection, activity_id, [row.id for row in shown])
        total = queries.members(connection, home.context_id)
    tasks = [row for row in (outline.tasks if outline else ()) if row.status is ActivityStatus.published]
    start = int(after) if after.isdecimal() else 0
    following = start + queries.MEMBERS_A_PAGE if len(people) > len(shown) else None
    here = url_for(".members", activity_id=activity_id)
    return render(
        "courses/members.html",
        trail=[(home.title, url_for(".home", activity_id=activity_id)), (gettext("Progress"), None)],
        total=total,
        tasks=[_head(row) for row in tasks],
        rows=_rows(shown, tasks, cells),
        previous=url_for(
            ".members", activity_id=activity_id, after=max(0, start - queries.MEMBERS_A_PAGE), group=group_id
        )
        if start
        else "",
        following=url_for(".members", activity_id=activity_id, after=following, group=group_id) if following else "",
        narrowing=filter_of(groups, group_id, here),
        roster_address=url_for("roster.members", context_id=home.context_id),
        scores_address=f"/scores/{activity_id}",
        test_users_address=url_for(runtime().places["test_users"], context_id=home.context_id)
        if actor.can(Can.author) and any(row.is_test for row in shown)
        else "",
    )


def _head(row: Any) -> dict[str, str]:
    kind = runtime().kinds.get(row.kind)
    return {"title": row.title, "symbol": kind.icon if kind else "file", "label": str(kind.label) if kind else row.kind}


def _rows(people: list[Any], tasks: list[Any], cells: list[Any]) -> list[dict[str, Any]]:
    now = runtime().clock.now()
    found = {(cell.member_id, cell.activity_id): cell for cell in cells}
    last: dict[int, Any] = {}
    for cell in cells:
        if cell.member_id not in last or cell.updated_at > last[cell.member_id]:
            last[cell.member_id] = cell.updated_at
    required = [row for row in tasks if row.is_required] or tasks
    return [
        {
            "id": person.id,
            "name": person.name,
            "is_test": not person.gradable,
            "cells": [_cell(person.id, row, found.get((person.id, row.id)), now) for row in tasks],
            "required": f"{sum(_is_done(found.get((person.id, row.id))) for row in required)}/{len(required)}",
            "last": format_moment(last[person.id], now)
            if person.id in last
            else gettext("never opened")
            if person.last_launch_at is None
            else gettext("nothing yet"),
        }
        for person in people
    ]


def _is_done(cell: Any) -> bool:
    return cell is not None and cell.completed_at is not None


def _cell(member_id: int, row: Any, cell: Any, now: Any) -> dict[str, str]:
    """One cell: class, symbol or text, the state in words, the page with the details."""
    kind = runtime().kinds.get(row.kind)
    address = url_for(kind.review, activity_id=row.id, member_id=member_id) if kind and kind.review else ""
    if _is_done(cell):
        score = format_points(cell.score) if cell.score is not None else ""
        words = gettext("completed, %(score)s points", score=score) if score else gettext("completed")
        return {"look": "done", "symbol": "" if score else "done", "text": score, "words": words, "address": address}
    if row.due_at and row.due_at < now:
        return {"look": "late", "symbol": "late", "text": "", "words": gettext("overdue"), "address": address}
    if cell is not None:
        share = format_percent(cell.progress)
        words = gettext("in progress, %(share)s", share=share)
        return {"look": "doing", "symbol": "doing", "text": share, "words": words, "address": address}
    return {"look": "none", "symbol": "todo", "text": "", "words": gettext("not started"), "address": address}
