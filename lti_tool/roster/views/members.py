"""The members' page: who is in the course, how old the LMS's list is, reading it now."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import Conflict
from lti_tool.core.i18n import format_moment, gettext
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Can, Role
from lti_tool.identity.groups import choices, chosen, filter_of
from lti_tool.roster import listing, queries, reading, words
from lti_tool.roster.groups.queries import names_by_member
from lti_tool.roster.views.blueprint import blueprint, home_address, tabs, trail

ROLES = {
    Role.instructor: _l("Teacher"),
    Role.assistant: _l("Assistant"),
    Role.member: _l("Member"),
    Role.mentor: _l("Mentor"),
    Role.guest: _l("Guest"),
}


@blueprint.get("/courses/<int:context_id>/members")
def members(context_id: int) -> ResponseReturnValue:
    """A page of 50. Eight statements."""
    typed = request.args.get("after", "")
    start = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        actor = current.actor(session, context_id, Can.follow)
        standing = queries.standing_of(session, context_id, now)
        known = choices(session, context_id)
        group_id = chosen(known, request.args.get("group", ""))
        found = listing.people(session, context_id, group_id=group_id, after=start)
        shown = found[: listing.PAGE]
        names = names_by_member(session, context_id, [row.id for row in shown])
        total, never = listing.counts(session, context_id)
        home = home_address(session, context_id)

    def address(**more: Any) -> str:
        return url_for("roster.members", context_id=context_id, **({"group": group_id} if group_id else {}) | more)

    return render(
        "roster/members.html",
        trail=trail(actor, home, (gettext("Members"), None)),
        tabs=tabs(context_id, "members"),
        total=total,
        never=never,
        meta=words.meta(standing, now),
        notices=words.notices(standing, now),
        refresh=url_for("roster.refresh", context_id=context_id)
        if standing.has_service and actor.can(Can.author) and words.way_of(standing, now) not in _UNDER_WAY
        else "",
        narrowing=filter_of(known, group_id, url_for("roster.members", context_id=context_id)),
        rows=[_row(row, names, now) for row in shown],
        previous=address(after=max(0, start - listing.PAGE)) if start else "",
        following=address(after=start + listing.PAGE) if len(found) > len(shown) else "",
    )


_UNDER_WAY = frozenset({words.Way.asked, words.Way.running})


def _row(row: Any, names: dict[int, list[str]], now: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "role": str(ROLES[row.role]),
        "is_staff": row.role in {Role.instructor, Role.assistant},
        "is_test": row.is_test,
        "groups": names.get(row.id, []),
        "last": format_moment(row.last_launch_at, now) if row.last_launch_at else "",
    }


@blueprint.post("/courses/<int:context_id>/members/refresh")
def refresh(context_id: int) -> ResponseReturnValue:
    """Let the worker read the whole list now. Raises Conflict where the LMS has named none."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        current.actor(session, context_id, Can.author)
        if not queries.standing_of(session, context_id, now).has_service:
            raise Conflict(
                _l("Your platform has not said where its list of members is."),
                action=_l("Let it share names and roles with this tool, and open the course from there once."),
            )
        reading.ask(session.connection(), context_id, now)
    return redirect(url_for("roster.members", context_id=context_id), 303)
