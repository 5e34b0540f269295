"""The links of a course: what members see behind one that shows nothing yet, and letting one show something else."""

from collections.abc import Mapping
from typing import Any, Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import format_moment
from lti_tool.core.i18n import gettext as _
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Can
from lti_tool.launch import queries
from lti_tool.launch.rules.proposals import Proposal, Standing, Why, proposals
from lti_tool.launch.rules.urls import way_back
from lti_tool.launch.services import choices, relinking
from lti_tool.launch.services.relinking import ColumnChoice
from lti_tool.launch.views.blueprint import blueprint
from lti_tool.ledger.models import Activity, ActivityStatus, Placement
from lti_tool.ledger.queries import home_of

_NO_ERRORS: Final[Mapping[str, str]] = {}
REASONS = {
    Why.same_line: _l("this link showed it where the course was copied from"),
    Why.same_title: _l("the same title"),
    Why.like_title: _l("a similar title"),
    Why.same_kind: _l("the same kind"),
}


@blueprint.get("/waiting/<int:placement_id>")
def waiting(placement_id: int) -> ResponseReturnValue:
    """Say "not set up yet" until somebody has chosen; then this page leads there by itself (CT-12)."""
    with runtime().database.reading_core() as connection:
        current.asking(connection)
        row = connection.execute(
            select(Placement.context_id, Placement.activity_id, Activity.kind, Activity.status)
            .outerjoin(Activity, Activity.id == Placement.activity_id)
            .where(Placement.id == placement_id)
        ).first()
        if row is None:
            raise NotFound
        actor = current.actor(connection, row.context_id)
    is_open = row.status is ActivityStatus.published or (row.status is not None and actor.can(Can.follow))
    if is_open and row.kind in runtime().kinds:
        return redirect(url_for(runtime().kinds[row.kind].show, activity_id=row.activity_id), 303)
    back = way_back(actor.return_url, message=_("Not set up yet"), log=f"placement {placement_id}: not set up")
    return render("launch/not_set_up.html", return_url=back)


@blueprint.get("/courses/<int:context_id>/links")
def links(context_id: int) -> ResponseReturnValue:
    """All links of the LMS into this course, and what each shows."""
    with runtime().database.reading() as session:
        actor = current.actor(session, context_id, Can.author)
        rows = queries.links_of(session, context_id)
        origins = queries.origins_of(session, context_id)
        copies = queries.copies_of(session, context_id)
        home_id = home_of(session, context_id)
        home = _show(session.get(Activity, home_id)) if home_id else ""
    now = runtime().clock.now()
    return render(
        "launch/links.html",
        course=actor.course,
        home_address=home,
        origins=[(each.title, format_moment(each.copied_at, now)) for each in origins],
        copies=[(each.title, format_moment(each.copied_at, now)) for each in copies],
        links=[_link(row) for row in rows],
    )


def _show(activity: Activity | None) -> str:
    kind = runtime().kinds.get(activity.kind) if activity else None
    return url_for(kind.show, activity_id=activity.id) if kind and activity else ""


def _link(row: Any) -> dict[str, Any]:
    kind = runtime().kinds.get(row.kind)
    return {
        "title": row.title or row.resource_link_id,
        "shows": row.activity or "",
        "symbol": kind.icon if kind else "link",
        "kind": kind.label if kind else "",
        "is_archived": row.status is ActivityStatus.archived,
        "is_draft": row.status is ActivityStatus.draft,
        "keeps": row.kept if row.kept_id is not None and row.kept_id != row.activity_id else "",
        "address": url_for("launch.relink", placement_id=row.id),
        "activity_address": url_for(kind.show, activity_id=row.activity_id) if kind else "",
    }


@blueprint.route("/links/<int:placement_id>", methods=["GET", "POST"])
def relink(placement_id: int) -> ResponseReturnValue:
    """Let a link show something else; what becomes of its column has to be said. What is missing is said in the form."""
    if request.method == "GET":
        return _relink_page(placement_id)
    wanted, column = request.form.get("activity_id", ""), request.form.get("column", "")
    if column and column not in set(ColumnChoice):
        raise Invalid
    try:
        if not wanted.isdecimal() or len(wanted) > 18:
            raise choices.nothing_chosen()
        with runtime().database.writing() as session:
            actor, placement = relinking.open_link(session, placement_id)
            relinking.relink(
                session,
                actor=actor,
                placement=placement,
                activity_id=int(wanted),
                column=ColumnChoice(column) if column else None,
                now=runtime().clock.now(),
            )
            context_id = placement.context_id
    except Invalid as fault:
        field = "column" if isinstance(fault, relinking.ColumnUnsaid) else "activity"
        return _relink_page(placement_id, wanted, column, {field: fault.sentences}), 400
    return redirect(url_for("launch.links", context_id=context_id), 303)


def _relink_page(placement_id: int, wanted: str = "", said: str = "", errors: Mapping[str, str] = _NO_ERRORS) -> str:
    """The form, with what was picked and said so far."""
    with runtime().database.reading() as session:
        actor, placement = relinking.open_link(session, placement_id)
        shown = session.get(Activity, placement.activity_id) if placement.activity_id else None
        column = queries.column_of(session, placement_id)
        listed = proposed(session, placement)
    return render(
        "launch/relink.html",
        course=actor.course,
        link=placement.title or placement.resource_link_id,
        links_address=url_for("launch.links", context_id=placement.context_id),
        address=url_for("launch.relink", placement_id=placement_id),
        shown=shown.title if shown else "",
        token=shown.token if shown else "",
        column={"activity": column.activity, "grades": column.grades} if column else None,
        wanted=wanted,
        said=said,
        errors={"activity": "", "column": "", **errors},
        activities=[each for each in listed if not each["is_archived"] and each["id"] != placement.activity_id],
    )


def proposed(session: Session, placement: Placement) -> list[dict[str, Any]]:
    """What the link could show, the likely ones first, as values for the template."""
    sources = queries.sources_of(session, placement.context_id)
    wanted = queries.wanted_of(session, placement, sources)
    found = proposals(queries.candidates_of(session, placement.context_id, sources, wanted.lines), wanted)
    return [_row(each) for each in found if each.candidate.kind in runtime().kinds]


def _row(proposal: Proposal) -> dict[str, Any]:
    each, kind = proposal.candidate, runtime().kinds[proposal.candidate.kind]
    return {
        "id": each.id,
        "title": each.title,
        "symbol": kind.icon,
        "kind": kind.label,
        "meta": [each.summary] if each.summary else [],
        "why": REASONS[proposal.why] if proposal.why else "",
        "is_draft": each.standing is Standing.draft,
        "is_archived": each.standing in {Standing.archived, Standing.at_source},
        "is_elsewhere": each.standing is Standing.at_source,
    }


@blueprint.post("/choose/<int:choice>/bring")
def bring(choice: int) -> ResponseReturnValue:
    """Bring back what the link showed and is archived now, here or where the course was copied from; then show it."""
    wanted = request.form.get("activity_id", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        raise NotFound
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        found = choices.open_choice(session, choice, now)
        if found.placement_id is None:
            raise NotFound
        actor, placement = relinking.open_link(session, found.placement_id)
        activity_id = relinking.bring(session, actor=actor, placement=placement, activity_id=int(wanted), now=now)
        picked = choices.choose(session, found, activity_id, now)
    return redirect(url_for(runtime().kinds[picked.kind].show, activity_id=picked.activity_id), 303)
