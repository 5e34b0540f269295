"""Groups of a course: all of them, one with its people and exceptions; those made by hand are changed here."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import current_zone, format_moment, gettext, ngettext
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Actor, Can
from lti_tool.identity.models import Group
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.ledger import services as ledger
from lti_tool.roster import queries, words
from lti_tool.roster.groups import forms, services
from lti_tool.roster.groups import queries as reads
from lti_tool.roster.groups.forms import ExceptionForm
from lti_tool.roster.views.blueprint import blueprint, home_address, tabs, trail

SOURCES = {
    GroupSource.hand: _l("made here"),
    GroupSource.service: _l("from your platform"),
    GroupSource.roster: _l("from your platform, by its number"),
    GroupSource.launch: _l("from your platform, by its number"),
}


@blueprint.get("/courses/<int:context_id>/groups")
def groups(context_id: int) -> ResponseReturnValue:
    """All groups. Six statements."""
    return _list(context_id)


def _list(context_id: int, typed: str = "", error: str = "") -> str:
    """`typed`: the name of a group that could not be made; `error`: why."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        actor = current.actor(session, context_id, Can.follow)
        standing = queries.standing_of(session, context_id, now)
        found = reads.groups(session, context_id)
        home = home_address(session, context_id)
    return render(
        "roster/groups.html",
        trail=trail(actor, home, (gettext("Groups"), None)),
        tabs=tabs(context_id, "groups"),
        notices=words.group_notices(standing),
        rows=[
            {
                "name": row.name,
                "set": row.set_name,
                "address": url_for("roster.group", context_id=context_id, group_id=row.id),
                "source": gettext("no longer in your platform") if row.is_gone else str(SOURCES[row.source]),
                "people": ngettext("%(num)s person", "%(num)s people", row.people),
            }
            for row in found
        ],
        make=url_for("roster.make_group", context_id=context_id) if actor.can(Can.author) else "",
        typed=typed,
        error=error,
    )


@blueprint.post("/courses/<int:context_id>/groups")
def make_group(context_id: int) -> ResponseReturnValue:
    """A new group, made by hand."""
    try:
        with runtime().database.writing() as session:
            current.actor(session, context_id, Can.author)
            made = services.make(session, context_id, forms.read_name(request.form)).id
    except Invalid as refusal:
        return _list(context_id, request.form.get("name", ""), refusal.sentences), refusal.status
    return redirect(url_for("roster.group", context_id=context_id, group_id=made), 303)


@blueprint.get("/courses/<int:context_id>/groups/<int:group_id>")
def group(context_id: int, group_id: int) -> ResponseReturnValue:
    """One group: its people, whom to add, its exceptions."""
    return _page(context_id, group_id)


def _page(context_id: int, group_id: int, wish: ExceptionForm | None = None, **errors: str) -> ResponseReturnValue:
    """`errors`: why the group's `name` was not changed, or why its `people` were not added."""
    typed = request.args.get("q", "")[:60]
    with runtime().database.reading() as session:
        actor = current.actor(session, context_id, Can.follow)
        found = reads.group(session, context_id, group_id)
        if found is None:
            raise NotFound
        people = reads.people(session, context_id, group_id)
        is_ours = found.source is GroupSource.hand
        may = actor.can(Can.author)
        others = reads.others(session, context_id, group_id, typed.strip()) if is_ours and may else []
        given = reads.exceptions(session, group_id)
        tasks = reads.tasks(session, context_id) if may and not found.is_gone else []
        home = home_address(session, context_id)
    now = runtime().clock.now()

    def address(what: str, **more: Any) -> str:
        return url_for(f"roster.{what}", context_id=context_id, group_id=group_id, **more)

    page = render(
        "roster/group.html",
        trail=trail(
            actor, home, (gettext("Groups"), url_for("roster.groups", context_id=context_id)), (found.name, None)
        ),
        name=found.name,
        new_name=request.form.get("name", "") if "name" in errors else found.name,
        errors=errors,
        set_name=found.set_name,
        source=str(SOURCES[found.source]),
        is_ours=is_ours,
        is_gone=found.is_gone,
        people=[(row.name, address("take_out", member_id=row.id) if is_ours and may else "") for row in people],
        others=[(row.id, row.name) for row in others],
        typed=typed,
        here=address("group"),
        add=address("put_in") if is_ours and may else "",
        rename=address("rename_group") if is_ours and may else "",
        remove=address("remove_group") if may and (is_ours or found.is_gone) else "",
        exceptions=[
            {
                "title": row.title,
                "parts": _parts(row.Override, now),
                "reason": row.Override.reason,
                "remove": address("take_exception", task_id=row.Override.activity_id) if may else "",
            }
            for row in given
        ],
        give=address("give_exception") if tasks else "",
        tasks=[("", gettext("Choose a task")), *((str(each), title) for each, title in tasks)],
        wish=wish
        or ExceptionForm(dict.fromkeys(("activity_id", "due_at", "closes_at", "minutes", "attempts", "reason"), "")),
    )
    return (page, 400) if errors or (wish and wish.errors) else page


def _parts(override: Any, now: Any) -> list[str]:
    found = []
    if override.due_at:
        found.append(gettext("due %(time)s", time=format_moment(override.due_at, now)))
    if override.closes_at:
        found.append(gettext("closes %(time)s", time=format_moment(override.closes_at, now)))
    if override.extra_seconds:
        minutes = override.extra_seconds // 60
        found.append(ngettext("%(num)s minute more", "%(num)s minutes more", minutes))
    if override.extra_attempts:
        found.append(ngettext("%(num)s attempt more", "%(num)s attempts more", override.extra_attempts))
    return found


def _opened(session: Session, context_id: int, group_id: int) -> tuple[Actor, Group]:
    """The group, held until the end of the transaction. Raises NotFound."""
    actor = current.actor(session, context_id, Can.author)
    found = session.scalar(select(Group).where(Group.id == group_id, Group.context_id == context_id).with_for_update())
    if found is None:
        raise NotFound
    return actor, found


@blueprint.post("/courses/<int:context_id>/groups/<int:group_id>/name")
def rename_group(context_id: int, group_id: int) -> ResponseReturnValue:
    """Another name for a group made by hand."""
    try:
        with runtime().database.writing() as session:
            _, found = _opened(session, context_id, group_id)
            services.rename(session, found, forms.read_name(request.form))
    except Invalid as refusal:
        return _page(context_id, group_id, name=refusal.sentences)
    return redirect(url_for("roster.group", context_id=context_id, group_id=group_id), 303)


@blueprint.post("/courses/<int:context_id>/groups/<int:group_id>/people")
def put_in(context_id: int, group_id: int) -> ResponseReturnValue:
    """People into a group made by hand."""
    try:
        with runtime().database.writing() as session:
            _, found = _opened(session, context_id, group_id)
            services.put_in(session, found, forms.read_people(request.form.getlist("member_id")))
    except Invalid as refusal:
        return _page(context_id, group_id, people=refusal.sentences)
    return redirect(url_for("roster.group", context_id=context_id, group_id=group_id), 303)


@blueprint.post("/courses/<int:context_id>/groups/<int:group_id>/people/<int:member_id>/out")
def take_out(context_id: int, group_id: int, member_id: int) -> ResponseReturnValue:
    """Somebody out of a group made by hand."""
    with runtime().database.writing() as session:
        _, found = _opened(session, context_id, group_id)
        services.take_out(session, found, member_id)
    return redirect(url_for("roster.group", context_id=context_id, group_id=group_id), 303)


@blueprint.post("/courses/<int:context_id>/groups/<int:group_id>/remove")
def remove_group(context_id: int, group_id: int) -> ResponseReturnValue:
    """A group made by hand, or gone in the LMS, with its exceptions."""
    with runtime().database.writing() as session:
        actor, found = _opened(session, context_id, group_id)
        services.remove(session, found, actor, runtime().clock.now())
    return redirect(url_for("roster.groups", context_id=context_id), 303)


@blueprint.post("/courses/<int:context_id>/groups/<int:group_id>/exceptions")
def give_exception(context_id: int, group_id: int) -> ResponseReturnValue:
    """Other dates, time or attempts for one task, for all of the group."""
    with runtime().database.writing() as session:
        actor, found = _opened(session, context_id, group_id)
        wish = forms.read_exception(request.form, current_zone(), reads.tasks(session, context_id))
        if not wish.errors:
            services.give(session, found, wish, actor, runtime().clock.now())
    if wish.errors:
        return _page(context_id, group_id, wish)
    return redirect(url_for("roster.group", context_id=context_id, group_id=group_id), 303)


@blueprint.post("/courses/<int:context_id>/groups/<int:group_id>/exceptions/<int:task_id>/remove")
def take_exception(context_id: int, group_id: int, task_id: int) -> ResponseReturnValue:
    """What the group was given for one task, taken back."""
    with runtime().database.writing() as session:
        actor, found = _opened(session, context_id, group_id)
        ledger.remove_group_override(
            session, activity_id=task_id, group_id=found.id, actor=actor, now=runtime().clock.now()
        )
    return redirect(url_for("roster.group", context_id=context_id, group_id=group_id), 303)
