"""Writes of discussions: flush, never commit. HTML comes in rendered, since rendering is slow."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.orm import Session

from forum.threads import rules
from forum.threads.models import ForumUse, Post, ReadMark, Thread
from lti_tool.core.columns import upsert
from lti_tool.core.errors import Conflict, NotFound, TooMany
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.actor import Actor, Can, Role
from lti_tool.ledger.copying import pin_uses
from lti_tool.ledger.evaluation import evaluation
from lti_tool.ledger.models import Activity
from lti_tool.ledger.rules import Outcome
from lti_tool.ledger.services import audit, create_activity, criteria_changed, hold, reconsider, record

KIND = "forum"


def create_forum(
    session: Session,
    *,
    context_id: int,
    title: str,
    source: str,
    html: str,
    threads: int,
    replies: int,
    now: datetime,
    parent_id: int | None = None,
) -> Activity:
    """A new draft discussion that wants `threads` posts and `replies` replies of each member."""
    activity = create_activity(
        session,
        context_id=context_id,
        kind=KIND,
        title=title,
        now=now,
        criteria=criteria_of(threads, replies),
        parent_id=parent_id,
    )
    session.add(ForumUse(activity_id=activity.id, source=source, html=html))
    session.flush()
    return activity


def copy(connection: Connection, context_id: int) -> None:
    """`Kind.copy`: the task in words goes along; what anybody wrote stays where it was written."""
    pin_uses(connection, ForumUse, context_id)


def criteria_of(threads: int, replies: int) -> list[list[object]]:
    """Activity.criteria of a discussion; a target of 0 is no criterion."""
    return [[code, target] for code, target in (("posts", threads), ("replies", replies)) if target > 0]


def set_criteria(session: Session, *, activity: Activity, threads: int, replies: int) -> None:
    """Change how much is wanted; what stands already is compared with it by the worker."""
    wanted = criteria_of(threads, replies)
    if wanted != activity.criteria:
        criteria_changed(session, activity, wanted)


def open_thread(
    session: Session, *, activity: Activity, actor: Actor, title: str, source: str, html: str, now: datetime
) -> Thread:
    """Open a topic with its first post; what it meets is recorded. Raises TooMany."""
    _guard_flood(session, actor, now)
    thread = Thread(activity_id=activity.id, author_id=actor.member_id, title=title, created_at=now, last_post_at=now)
    session.add(thread)
    session.flush()
    post = _write(session, thread=thread, parent=None, actor=actor, source=source, html=html, now=now)
    _count(session, activity, actor, f"post:{post.id}:opened", "opened_thread", now)
    return thread


def reply(
    session: Session,
    *,
    activity: Activity,
    thread: Thread,
    parent_id: int | None,
    actor: Actor,
    source: str,
    html: str,
    now: datetime,
) -> Post:
    """Answer in a thread; what it meets is recorded. Raises Conflict (locked), NotFound (parent), TooMany."""
    if thread.is_locked and not actor.can(Can.author):
        raise Conflict(_l("This thread is closed."), action=_l("You can read it, but not write any more."))
    _guard_flood(session, actor, now)
    first = session.scalars(select(Post).where(Post.thread_id == thread.id).order_by(Post.id).limit(1)).one()
    parent = first if parent_id is None else session.get(Post, parent_id)
    if parent is None or parent.thread_id != thread.id or parent.is_hidden:
        raise NotFound
    post = _write(session, thread=thread, parent=parent, actor=actor, source=source, html=html, now=now)
    session.execute(update(Thread).where(Thread.id == thread.id).values(replies=Thread.replies + 1, last_post_at=now))
    _count(session, activity, actor, f"post:{post.id}:replied", "replied", now)
    return post


def _write(
    session: Session, *, thread: Thread, parent: Post | None, actor: Actor, source: str, html: str, now: datetime
) -> Post:
    post = Post(
        thread_id=thread.id,
        parent_id=parent.id if parent else None,
        depth=rules.depth_below(parent.depth) if parent else 0,
        author_id=actor.member_id,
        source=source,
        html=html,
        created_at=now,
    )
    session.add(post)
    session.flush()
    mark_read(session, thread.id, actor.member_id, post.id)
    return post


def _guard_flood(session: Session, actor: Actor, now: datetime) -> None:
    recent = session.scalar(
        select(func.count())
        .select_from(Post)
        .where(Post.author_id == actor.member_id, Post.created_at > now - rules.FLOOD_PERIOD)
    )
    if rules.is_flooding(recent or 0):
        raise TooMany(
            _l("You have written ten posts in five minutes."), action=_l("Wait a few minutes. Your text is kept below.")
        )


def _count(session: Session, activity: Activity, actor: Actor, source: str, verb: str, now: datetime) -> None:
    """Record what the member has reached with everything that stands now. Staff and previews have no results."""
    if not actor.is_recorded or actor.role is not Role.member:
        return
    outcome = _reached(session, activity, actor.member_id)
    record(
        session,
        activity_id=activity.id,
        member_id=actor.member_id,
        outcome=outcome,
        verb=verb,
        source=source,
        now=now,
        actor=actor,
    )


def _reached(session: Session, activity: Activity, member_id: int) -> Outcome:
    criteria = hold(session, activity_id=activity.id, member_id=member_id)
    return rules.reached(written(session, activity.id, member_id), criteria, activity.maximum)


def _evaluate(session: Session, activity: Activity, member_id: int, now: datetime) -> None:
    outcome = _reached(session, activity, member_id)
    source = f"forum:{activity.id}:{member_id}:completed"
    reconsider(session, activity_id=activity.id, member_id=member_id, outcome=outcome, source=source, now=now)


EVALUATION = evaluation(KIND, _evaluate)
"""Discussions that want another number of posts or replies."""


def written(session: Session, activity_id: int, member_id: int) -> rules.Written:
    """What of this member stands in the discussion; hidden posts do not count."""
    is_opening = (Post.depth == 0).label("is_opening")
    rows = session.execute(
        select(is_opening, func.count())
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.activity_id == activity_id, Post.author_id == member_id, Post.is_hidden.is_(False))
        .group_by(is_opening)
    ).all()
    counts = {bool(is_first): count for is_first, count in rows}
    return rules.Written(threads=counts.get(True, 0), replies=counts.get(False, 0))


def edit(session: Session, *, post: Post, thread: Thread, actor: Actor, source: str, html: str, now: datetime) -> None:
    """Change one's own words within the edit window. Raises Conflict when it is over."""
    is_author = post.author_id == actor.member_id
    if not rules.may_edit(is_author=is_author, is_locked=thread.is_locked, created_at=post.created_at, now=now):
        raise Conflict(
            _l("This post cannot be changed any more."),
            action=_l("Posts can be changed for 30 minutes. Write a reply instead."),
        )
    post.source, post.html, post.edited_at = source, html, now
    session.flush()


def set_hidden(session: Session, *, post: Post, hidden: bool, actor: Actor, reason: str, now: datetime) -> None:
    """Hide a post from members or show it again; the reason stands where the post stood."""
    thread = session.get_one(Thread, post.thread_id)
    post.is_hidden, post.hidden_reason = hidden, reason.strip()[:500] if hidden else ""
    audit(
        session,
        actor=actor,
        action="hide_post" if hidden else "show_post",
        activity_id=thread.activity_id,
        member_id=post.author_id,
        reason=reason,
        now=now,
    )


def mark_read(session: Session, thread_id: int, member_id: int, post_id: int) -> None:
    """Remember up to which post a member has seen a thread; it never moves back."""
    dialect = session.connection().dialect.name
    statement = upsert(ReadMark, dialect).values(thread_id=thread_id, member_id=member_id, post_id=post_id)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["thread_id", "member_id"],
            set_={"post_id": statement.excluded.post_id},
            where=ReadMark.post_id < statement.excluded.post_id,
        )
    )
