"""Opening threads, replying, changing one's own words."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from forum.threads import pages, services
from forum.threads.forms import BODY_LIMIT, PostForm
from forum.threads.views.opening import blueprint, check_trace, check_writable, open_post, open_thread
from forum.threads.views.reading import thread_page
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import gettext as _
from lti_tool.core.markup import MarkupRefused
from lti_tool.core.web import render, runtime
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.trail import trail


@blueprint.get("/forum/<int:activity_id>/new")
def new_thread(activity_id: int) -> ResponseReturnValue:
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, kind=services.KIND)
        check_writable(session, actor, activity, runtime().clock.now())
        crumbs = trail(session, activity, (_("New thread"), None))
    return _writing_page(PostForm(), crumbs, _("New thread"), _("Open the thread"), with_title=True)


@blueprint.post("/forum/<int:activity_id>/new")
def create_thread(activity_id: int) -> ResponseReturnValue:
    form = PostForm.read(request.form, with_title=True)
    html = _rendered(form)
    now = runtime().clock.now()
    if form.errors:
        with runtime().database.reading() as session:
            _actor, activity = open_activity(session, activity_id, kind=services.KIND)
            crumbs = trail(session, activity, (_("New thread"), None))
        return _writing_page(form, crumbs, _("New thread"), _("Open the thread"), with_title=True), 400
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, kind=services.KIND)
        check_writable(session, actor, activity, now)
        thread = services.open_thread(
            session, activity=activity, actor=actor, title=form.title, source=form.body, html=html, now=now
        )
    return redirect(url_for("forum_threads.thread", thread_id=thread.id), 303)


@blueprint.post("/threads/<int:thread_id>/replies")
def reply(thread_id: int) -> ResponseReturnValue:
    form = PostForm.read(request.form)
    html = _rendered(form)
    if form.errors:
        return thread_page(thread_id, form), 400
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, activity, found = open_thread(session, thread_id)
        check_writable(session, actor, activity, now)
        post = services.reply(
            session,
            activity=activity,
            thread=found,
            parent_id=form.parent_id,
            actor=actor,
            source=form.body,
            html=html,
            now=now,
        )
    return redirect(url_for("forum_threads.thread", thread_id=thread_id, _anchor=f"p{post.id}"), 303)


def _rendered(form: PostForm) -> str:
    """The HTML of the body; what cannot be rendered becomes an error beside the field. Outside transactions."""
    if form.errors:
        return ""
    try:
        return runtime().renderer.render(form.body, profile="post")
    except MarkupRefused as refusal:
        form.errors["body"] = refusal.message
        return ""


@blueprint.get("/posts/<int:post_id>/edit")
def edit_post(post_id: int) -> ResponseReturnValue:
    with runtime().database.reading() as session:
        actor, activity, found, post = open_post(session, post_id)
        if post.author_id != actor.member_id:
            raise NotFound
        check_trace(actor)
        crumbs = trail(
            session, activity, (pages.shown_title(found.title), url_for("forum_threads.thread", thread_id=found.id))
        )
    return _writing_page(PostForm(body=post.source), [*crumbs, (_("Change"), None)], _("Change"), _("Save the change"))


@blueprint.post("/posts/<int:post_id>/edit")
def change_post(post_id: int) -> ResponseReturnValue:
    form = PostForm.read(request.form)
    html = _rendered(form)
    with runtime().database.writing() as session:
        actor, activity, found, post = open_post(session, post_id)
        if post.author_id != actor.member_id:
            raise NotFound
        check_trace(actor)
        crumbs = trail(
            session, activity, (pages.shown_title(found.title), url_for("forum_threads.thread", thread_id=found.id))
        )
        if not form.errors:
            services.edit(
                session,
                post=post,
                thread=found,
                actor=actor,
                source=form.body,
                html=html,
                now=runtime().clock.now(),
            )
    if form.errors:
        return _writing_page(form, [*crumbs, (_("Change"), None)], _("Change"), _("Save the change")), 400
    return redirect(url_for("forum_threads.thread", thread_id=found.id, _anchor=f"p{post_id}"), 303)


def _writing_page(form: PostForm, crumbs: list[Any], title: str, verb: str, *, with_title: bool = False) -> str:
    return render(
        "forum/write.html", trail=crumbs, title=title, verb=verb, form=form, with_title=with_title, limit=BODY_LIMIT
    )
