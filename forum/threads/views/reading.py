"""Pages to read: the list of threads, a thread, what one member wrote."""

from datetime import datetime

from flask import request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from forum.threads import pages, queries, services
from forum.threads.forms import BODY_LIMIT, PostForm
from forum.threads.models import ForumUse, Thread
from forum.threads.views.opening import blueprint, is_writable, open_thread
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import format_due, format_moment, format_opens, ngettext
from lti_tool.core.i18n import gettext as _
from lti_tool.core.text import clean_line
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Actor, Can
from lti_tool.identity.models import Enrolment, Member
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.availability import Phase, Window
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.trail import trail
from lti_tool.ledger.windows import window_of


@blueprint.get("/forum/<int:activity_id>")
def show(activity_id: int) -> ResponseReturnValue:
    """The threads of a discussion, with the member's own criteria on top."""
    now = runtime().clock.now()
    search = clean_line(request.args.get("q", ""), 100)
    only = request.args.get("only", "")
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, kind=services.KIND)
        window = window_of(session, activity, actor.member_id)
        is_early = window.phase(now) is Phase.before and not actor.can(Can.follow)
        use = session.get_one(ForumUse, activity_id)
        rows = (
            []
            if is_early
            else queries.threads(
                session,
                activity_id=activity_id,
                context_id=activity.context_id,
                member_id=actor.member_id,
                search=search,
            )
        )
        written = services.written(session, activity_id, actor.member_id)
        crumbs = trail(session, activity)
    shown = [row for row in rows if (only != "unread" or row.unread) and (only != "mine" or row.is_mine)]
    unread = sum(1 for row in rows if row.unread)
    return render(
        "forum/list.html",
        trail=crumbs,
        title=activity.title,
        meta=_list_meta(activity, window, now),
        text=Markup(use.html),  # noqa: S704 - rendered and cleaned by core.markup when it was written
        notice=_early_notice(window, now) if is_early else "",
        create_address=url_for("forum_threads.new_thread", activity_id=activity_id)
        if is_writable(actor, activity, window, now)
        else "",
        criteria=None if actor.can(Can.follow) else pages.criteria(activity.criteria, written),
        filters=_filters(activity_id, only, len(rows), unread, sum(row.is_mine for row in rows)),
        query=search,
        search_address=url_for("forum_threads.show", activity_id=activity_id),
        threads=pages.thread_lines(shown, now),
        is_preview=actor.preview,
        tools=_tools(actor, activity),
        is_draft=activity.status is ActivityStatus.draft,
    )


def _list_meta(activity: Activity, window: Window, now: datetime) -> list[str]:
    words = [_("Required") if activity.is_required else _("Optional")]
    if window.due:
        words.append(format_due(window.due, now))
    return words


def _early_notice(window: Window, now: datetime) -> str:
    return format_opens(window.opens, now) if window.opens else ""


def _filters(activity_id: int, only: str, every: int, unread: int, mine: int) -> list[tuple[str, str, bool]]:
    def address(value: str) -> str:
        return url_for("forum_threads.show", activity_id=activity_id, only=value or None)

    return [
        (_("All %(n)s", n=every), address(""), only not in {"unread", "mine"}),
        (_("Unread %(n)s", n=unread), address("unread"), only == "unread"),
        (_("Mine %(n)s", n=mine), address("mine"), only == "mine"),
    ]


def _tools(actor: Actor, activity: Activity) -> list[tuple[str, str, str]]:
    tools = []
    if actor.can(Can.author):
        tools.append((_("Settings"), "settings", url_for("forum_threads.settings", activity_id=activity.id)))
    if actor.can(Can.follow):
        tools.append((_("Grade sync"), "sent", url_for("passback.activity", activity_id=activity.id)))
    return tools


@blueprint.get("/threads/<int:thread_id>")
def thread(thread_id: int) -> ResponseReturnValue:
    return thread_page(thread_id, PostForm(parent_id=request.args.get("to", type=int)))


def thread_page(thread_id: int, form: PostForm) -> str:
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        actor, activity, found = open_thread(session, thread_id)
        rows = queries.posts(session, thread_id=thread_id, context_id=activity.context_id)
        seen = queries.read_up_to(session, thread_id, actor.member_id)
        window = window_of(session, activity, actor.member_id)
        crumbs = trail(session, activity, (pages.shown_title(found.title), None))
    if window.phase(now) is Phase.before and not actor.can(Can.follow):
        raise NotFound
    newest = max(row.id for row in rows)
    if newest > seen and not actor.preview:
        with runtime().database.writing() as session:
            services.mark_read(session, thread_id, actor.member_id, newest)
    unread = [row.id for row in rows if row.id > seen and row.author_id != actor.member_id] if seen else []
    can_write = is_writable(actor, activity, window, now) and (not found.is_locked or actor.can(Can.author))
    target = next((row for row in rows if row.id == form.parent_id and not row.is_hidden), None)
    return render(
        "forum/thread.html",
        trail=crumbs,
        title=pages.shown_title(found.title),
        meta=_thread_meta(found, len(rows) - 1),
        first_unread=min(unread, default=None),
        unread=len(unread),
        posts=pages.post_blocks(
            rows, actor=actor, is_locked=found.is_locked, can_write=can_write, thread_id=thread_id, now=now
        ),
        composer={
            "address": url_for("forum_threads.reply", thread_id=thread_id),
            "body": form.body,
            "error": form.errors.get("body", ""),
            "limit": BODY_LIMIT,
            "parent": target.id if target else "",
            "parent_note": _("Reply to %(name)s", name=pages.shown_name(target.author)) if target else "",
            "draft_key": f"thread-{thread_id}",
        }
        if can_write
        else None,
        closed_text=_("Members write their replies here. You cannot while you view the course as a member.")
        if actor.preview and not found.is_locked
        else _("This thread is closed. You can read it, but not write any more."),
        tools=_thread_tools(found) if actor.can(Can.author) else [],
    )


def _thread_meta(found: Thread, replies: int) -> list[str]:
    words = [ngettext("%(num)s reply", "%(num)s replies", replies)]
    if found.is_pinned:
        words.insert(0, _("pinned"))
    if found.is_locked:
        words.insert(0, _("closed"))
    return words


def _thread_tools(found: Thread) -> list[tuple[str, str, str]]:
    def address(what: str) -> str:
        return url_for("forum_threads.set_flag", thread_id=found.id, what=what)

    return [
        (_("Unpin"), "pin", address("unpin")) if found.is_pinned else (_("Pin"), "pin", address("pin")),
        (_("Open again"), "lock", address("unlock")) if found.is_locked else (_("Close"), "lock", address("lock")),
    ]


@blueprint.get("/forum/<int:activity_id>/members/<int:member_id>")
def review(activity_id: int, member_id: int) -> ResponseReturnValue:
    """Everything one member wrote in this discussion, for those who follow progress."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        _actor, activity = open_activity(session, activity_id, Can.follow, kind=services.KIND)
        member = session.execute(
            select(Member.name)
            .join(Enrolment, Enrolment.member_id == Member.id)
            .where(Enrolment.context_id == activity.context_id, Member.id == member_id)
        ).first()
        if member is None:
            raise NotFound
        found = queries.posts_of(session, activity_id=activity_id, member_id=member_id)
        written = services.written(session, activity_id, member_id)
        crumbs = trail(session, activity, (member.name, None))
    return render(
        "forum/review.html",
        trail=crumbs,
        title=member.name,
        criteria=pages.criteria(activity.criteria, written),
        posts=[
            {
                "title": pages.shown_title(title),
                "address": url_for("forum_threads.thread", thread_id=thread_id, _anchor=f"p{row.id}"),
                "when": format_moment(row.created_at, now),
                "html": pages.shown_text(row.html),
                "is_hidden": row.is_hidden,
            }
            for thread_id, title, row in found
        ],
    )
