"""The editor: source left, the server's own preview right; drafts, versions, publishing."""

from collections.abc import Sequence
from dataclasses import replace

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from courses.lessons import queries, rules, services
from courses.lessons.forms import Edited, parsed, read_edited
from courses.lessons.rules import Block, BlockKind
from courses.lessons.views import editing, shown
from courses.lessons.views.blueprint import blueprint
from lti_tool.core.errors import Conflict
from lti_tool.core.i18n import format_clock, format_moment, gettext
from lti_tool.core.markup import MarkupRefused
from lti_tool.core.web import render, runtime, wants_json
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity
from lti_tool.media import queries as media


def _opened(session: Session, activity_id: int) -> tuple[Actor, Activity]:
    return open_activity(session, activity_id, Can.author, kind="lesson")


@blueprint.get("/lessons/<int:activity_id>/edit")
def edit(activity_id: int) -> ResponseReturnValue:
    with runtime().database.reading() as session:
        _, activity = _opened(session, activity_id)
        draft = queries.draft(session.connection(), activity_id)
    return _page(activity, draft, Edited(activity.title, draft.blocks, draft.revision))


@blueprint.post("/lessons/<int:activity_id>/edit")
def save(activity_id: int) -> ResponseReturnValue:
    """Save the draft; the buttons of the blocks come here too (`do`). JSON for the module that saves by itself."""
    edited = read_edited(request.form)
    activity, draft = _read(activity_id)
    edited.blocks = _rendered(edited, draft.blocks, activity.context_id)
    if edited.errors:
        return _refused(activity, draft, edited)
    try:
        revision = _store(activity_id, edited)
    except Conflict as error:
        return _refused(activity, draft, edited, error)
    if wants_json():
        now = runtime().clock.now()
        return jsonify(revision=revision, saved=gettext("Draft saved %(time)s", time=format_clock(now)))
    return redirect(url_for(".edit", activity_id=activity_id, _anchor=_anchor(edited, request.form.get("do", ""))), 303)


def _read(activity_id: int) -> tuple[Activity, queries.Draft]:
    """The activity and its draft, for an author. Raises NotFound."""
    with runtime().database.reading() as session:
        _, activity = _opened(session, activity_id)
        return activity, queries.draft(session.connection(), activity_id)


def _store(activity_id: int, edited: Edited, *, publish: bool = False) -> int:
    """Save the draft and the title, and publish if wanted; returns the revision, or the version's number."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, activity = _opened(session, activity_id)
        revision = services.save_draft(
            session, activity_id=activity_id, blocks=edited.blocks, revision=edited.revision, actor=actor, now=now
        )
        activity.title = edited.title
        return services.publish(session, activity=activity, actor=actor, now=now) if publish else revision


def _anchor(edited: Edited, button: str) -> str | None:
    """Where the page is to stand after a button: at the block that it moved or made."""
    action, _, key = button.partition(":")
    if action == "add" and edited.blocks:
        return f"block-{edited.blocks[-1].key}"
    return f"block-{key}" if action in {"up", "down"} else None


def _rendered(edited: Edited, former: Sequence[Block], context_id: int) -> tuple[Block, ...]:
    """The blocks with their HTML, outside of any transaction; what did not change is not rendered again."""
    known = {block.key: block for block in former}
    made = []
    for block in edited.blocks:
        before = known.get(block.key)
        try:
            made.append(_with_html(block, before))
        except MarkupRefused as error:
            edited.errors[block.key] = f"{error.message} {error.action}"
            made.append(block)
    _check_files(edited, tuple(made), context_id)
    return tuple(made)


def _with_html(block: Block, before: Block | None) -> Block:
    if block.kind is BlockKind.image:
        return block
    if block.kind is BlockKind.video:
        return replace(block, transcript=_html(block.source, before, before.transcript if before else ""))
    block = replace(block, html=_html(block.source, before, before.html if before else ""))
    if block.kind is BlockKind.question and block.question:
        # A question has no transcript: its explanation, which is shown after the answer, stands there.
        return replace(block, transcript=runtime().renderer.render(str(block.question.get("explanation", ""))))
    return block


def _html(source: str, before: Block | None, html: str) -> str:
    """The HTML of `source`; `html`, that of the block before, if the source is the same."""
    is_same = before is not None and before.source == source and (html or not source)
    return html if is_same else runtime().renderer.render(source)


def _check_files(edited: Edited, blocks: Sequence[Block], context_id: int) -> None:
    """Say which fields name a file that this course does not have, and had not when its content was copied."""
    named = {reference for block in blocks for reference in (block.reference, block.captions) if reference}
    if not named:
        return
    with runtime().database.reading_core() as connection:
        found = media.shown(connection, named)
        copied = media.copied_to(connection, named)
    own = {
        reference for reference, each in found.items() if context_id in {each.context_id, *copied.get(reference, ())}
    }
    for block in blocks:
        for name, reference in (("reference", block.reference), ("captions", block.captions)):
            if reference and reference not in own:
                said = gettext("This course has no such file. Upload it again.")
                edited.errors.setdefault(f"{name}-{block.key}", said)


def _refused(
    activity: Activity, draft: queries.Draft, edited: Edited, conflict: Conflict | None = None
) -> ResponseReturnValue:
    """The editor again with everything that was typed; JSON for modules."""
    status = conflict.status if conflict else 400
    if wants_json():
        first = conflict.message if conflict else next(iter(edited.errors.values()))
        code = conflict.code if conflict else "DK-400-DRAFT"
        return jsonify(error=code, message=str(first), action=str(conflict.action) if conflict else ""), status
    return _page(activity, draft, edited, conflict), status


@blueprint.post("/lessons/<int:activity_id>/publish")
def publish(activity_id: int) -> ResponseReturnValue:
    """Save what stands in the form and make it the version that members see."""
    edited = read_edited(request.form)
    activity, draft = _read(activity_id)
    if "key" not in request.form:
        edited = Edited(activity.title, draft.blocks, None)
    edited.blocks = _rendered(edited, draft.blocks, activity.context_id)
    if not edited.errors:
        edited.errors |= _gaps(edited.blocks)
    if edited.errors:
        return _refused(activity, draft, edited)
    try:
        _store(activity_id, edited, publish=True)
    except Conflict as error:
        return _refused(activity, draft, edited, error)
    return redirect(url_for(".show", activity_id=activity_id), 303)


GAP_FIELDS = {rules.Gap.no_file: "reference-", rules.Gap.no_alt: "alt-"}


def _gaps(blocks: Sequence[Block]) -> dict[str, str]:
    """What is incomplete, by block or by its field."""
    found = {}
    for number, block in enumerate(blocks, 1):
        gap = rules.gap_of(block)
        if gap is not None:
            found[GAP_FIELDS.get(gap, "") + block.key] = gettext(services.GAPS[gap].msgid, n=number)
            if block.kind is BlockKind.question and block.fields:
                found[block.key] = " ".join(str(each) for each in parsed(block.fields)[1])
    return found or ({} if blocks else {"blocks": gettext("The lesson has no part yet.")})


@blueprint.post("/lessons/<int:activity_id>/preview")
def preview(activity_id: int) -> ResponseReturnValue:
    """What members would see of the form as it stands; stores nothing. JSON {html, errors}."""
    edited = read_edited(request.form)
    activity, draft = _read(activity_id)
    blocks = _rendered(edited, draft.blocks, activity.context_id)
    html = editing.preview(edited.title, blocks, activity_id)
    if wants_json():
        return jsonify(html=html, errors=edited.errors)
    return _page(activity, draft, replace(edited, blocks=blocks))


@blueprint.get("/lessons/<int:activity_id>/versions/<int:number>")
def version(activity_id: int, number: int) -> ResponseReturnValue:
    """A published version, to look at before it is restored."""
    with runtime().database.reading() as session:
        _, activity = _opened(session, activity_id)
        found = queries.version(session.connection(), activity_id, number)
    now = runtime().clock.now()
    return render(
        "courses/lesson_version.html",
        trail=shown.trail(activity, gettext("Version %(n)s", n=number), between=[_crumb(activity)]),
        title=found.title,
        number=number,
        made=format_moment(found.created_at, now),
        preview=editing.preview(found.title, rules.blocks_of(found.blocks), activity_id),
        restore_address=url_for(".restore", activity_id=activity_id, number=number),
        edit_address=url_for(".edit", activity_id=activity_id),
    )


@blueprint.post("/lessons/<int:activity_id>/versions/<int:number>/restore")
def restore(activity_id: int, number: int) -> ResponseReturnValue:
    """Put a version into the draft; members see it once it is published."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, _ = _opened(session, activity_id)
        services.restore(session, activity_id=activity_id, number=number, actor=actor, now=now)
    return redirect(url_for(".edit", activity_id=activity_id), 303)


def _crumb(activity: Activity) -> tuple[str, str]:
    return gettext("Edit: %(title)s", title=activity.title), url_for(".edit", activity_id=activity.id)


def _page(activity: Activity, draft: queries.Draft, edited: Edited, conflict: Conflict | None = None) -> str:
    return render(
        "courses/lesson_edit.html",
        **editing.page(activity, draft, edited, runtime().clock.now()),
        conflict={"title": str(conflict.message), "text": str(conflict.action)} if conflict else None,
    )
