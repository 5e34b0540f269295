"""What instructors do in discussions: pin, close, hide with a reason."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from forum.threads import pages, services
from forum.threads.models import Post
from forum.threads.views.opening import blueprint, open_post, open_thread
from lti_tool.core.i18n import gettext as _
from lti_tool.core.text import clean_line
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.ledger.trail import trail

_FLAGS: dict[str, tuple[str, bool]] = {
    "pin": ("is_pinned", True),
    "unpin": ("is_pinned", False),
    "lock": ("is_locked", True),
    "unlock": ("is_locked", False),
}


@blueprint.post("/threads/<int:thread_id>/<any(pin,unpin,lock,unlock):what>")
def set_flag(thread_id: int, what: str) -> ResponseReturnValue:
    """Pin or close a thread, or take it back."""
    name, value = _FLAGS[what]
    with runtime().database.writing() as session:
        _actor, _activity, found = open_thread(session, thread_id, Can.author)
        setattr(found, name, value)
    return redirect(url_for("forum_threads.thread", thread_id=thread_id), 303)


@blueprint.get("/posts/<int:post_id>/hide")
def hide_post(post_id: int) -> ResponseReturnValue:
    with runtime().database.reading() as session:
        _actor, activity, found, post = open_post(session, post_id, Can.author)
        crumbs = trail(
            session, activity, (pages.shown_title(found.title), url_for("forum_threads.thread", thread_id=found.id))
        )
    return _hiding_page(post, crumbs, "")


@blueprint.post("/posts/<int:post_id>/hide")
def set_hidden(post_id: int) -> ResponseReturnValue:
    """Hide a post with a reason that members will read, or (`show`) show it again. Twice is once."""
    reason = clean_line(request.form.get("reason", ""), 500)
    hidden = "show" not in request.form
    with runtime().database.writing() as session:
        actor, activity, found, post = open_post(session, post_id, Can.author)
        crumbs = trail(
            session, activity, (pages.shown_title(found.title), url_for("forum_threads.thread", thread_id=found.id))
        )
        if reason or not hidden:
            services.set_hidden(
                session, post=post, hidden=hidden, actor=actor, reason=reason, now=runtime().clock.now()
            )
    if hidden and not reason:
        return _hiding_page(post, crumbs, _("Say why. Members read it where the post stood.")), 400
    return redirect(url_for("forum_threads.thread", thread_id=found.id, _anchor=f"p{post_id}"), 303)


def _hiding_page(post: Post, crumbs: list[Any], error: str) -> str:
    title = _("Show this post again") if post.is_hidden else _("Hide this post")
    return render(
        "forum/hide.html",
        trail=[*crumbs, (title, None)],
        title=title,
        html=pages.shown_text(post.html),
        is_hidden=post.is_hidden,
        error=error,
    )
