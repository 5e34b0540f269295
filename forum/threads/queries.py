"""Reads of discussions, with a constant number of statements."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.orm import Session

from forum.threads.models import Post, ReadMark, Thread
from forum.threads.rules import Place, reading_order
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Enrolment, Member

MOST = 200
_STAFF = {Role.instructor, Role.assistant}


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A line of the list."""

    id: int
    title: str
    author: str
    is_staff: bool
    is_pinned: bool
    is_locked: bool
    replies: int
    unread: int
    is_mine: bool
    last_post_at: datetime


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post of the thread page."""

    id: int
    depth: int
    author_id: int
    author: str
    is_staff: bool
    html: str
    source: str
    created_at: datetime
    edited_at: datetime | None
    is_hidden: bool
    hidden_reason: str


def threads(
    session: Session | Connection, *, activity_id: int, context_id: int, member_id: int, search: str = ""
) -> list[ThreadRow]:
    """The newest 200 threads, pinned first, with what this member has not seen. One statement.

    `search` looks for the words as they are in titles and posts that are not hidden; Chinese needs no word borders.
    """
    newest = (
        select(Post.thread_id, func.count(Post.id).label("n"))
        .join(Thread, Thread.id == Post.thread_id)
        .outerjoin(ReadMark, (ReadMark.thread_id == Post.thread_id) & (ReadMark.member_id == member_id))
        .where(
            Thread.activity_id == activity_id,
            Post.id > func.coalesce(ReadMark.post_id, 0),
            Post.author_id != member_id,
            Post.is_hidden.is_(False),
        )
        .group_by(Post.thread_id)
        .subquery()
    )
    statement = (
        select(Thread, Member.name, Enrolment.role, newest.c.n)
        .join(Member, Member.id == Thread.author_id)
        .outerjoin(Enrolment, (Enrolment.member_id == Member.id) & (Enrolment.context_id == context_id))
        .outerjoin(newest, newest.c.thread_id == Thread.id)
        .where(Thread.activity_id == activity_id)
        .order_by(Thread.is_pinned.desc(), Thread.last_post_at.desc(), Thread.id.desc())
        .limit(MOST)
    )
    if search:
        found = (
            select(Post.thread_id)
            .join(Thread, Thread.id == Post.thread_id)
            .where(
                Thread.activity_id == activity_id,
                Post.is_hidden.is_(False),
                Post.source.icontains(search, autoescape=True),
            )
        )
        statement = statement.where(or_(Thread.title.icontains(search, autoescape=True), Thread.id.in_(found)))
    return [
        ThreadRow(
            id=thread.id,
            title=thread.title,
            author=name,
            is_staff=role in _STAFF,
            is_pinned=thread.is_pinned,
            is_locked=thread.is_locked,
            replies=thread.replies,
            unread=unread or 0,
            is_mine=thread.author_id == member_id,
            last_post_at=thread.last_post_at,
        )
        for thread, name, role, unread in session.execute(statement)
    ]


def posts(session: Session | Connection, *, thread_id: int, context_id: int) -> list[PostRow]:
    """All posts of a thread in reading order. One statement."""
    rows = session.execute(
        select(
            Post.id,
            Post.parent_id,
            Post.depth,
            Post.author_id,
            Member.name,
            Enrolment.role,
            Post.html,
            Post.source,
            Post.created_at,
            Post.edited_at,
            Post.is_hidden,
            Post.hidden_reason,
        )
        .join(Member, Member.id == Post.author_id)
        .outerjoin(Enrolment, (Enrolment.member_id == Member.id) & (Enrolment.context_id == context_id))
        .where(Post.thread_id == thread_id)
    ).all()
    by_id = {row.id: row for row in rows}
    return [
        PostRow(
            id=row.id,
            depth=row.depth,
            author_id=row.author_id,
            author=row.name,
            is_staff=row.role in _STAFF,
            html=row.html,
            source=row.source,
            created_at=row.created_at,
            edited_at=row.edited_at,
            is_hidden=row.is_hidden,
            hidden_reason=row.hidden_reason,
        )
        for row in (by_id[each] for each in reading_order(Place(row.id, row.parent_id) for row in rows))
    ]


def read_up_to(session: Session | Connection, thread_id: int, member_id: int) -> int:
    """The newest post this member has seen in the thread; 0 if none."""
    found = session.execute(
        select(ReadMark.post_id).where(ReadMark.thread_id == thread_id, ReadMark.member_id == member_id)
    ).scalar()
    return int(found or 0)


def posts_of(session: Session | Connection, *, activity_id: int, member_id: int) -> list[tuple[int, str, PostRow]]:
    """(thread id, thread title, post) of one member in a discussion, oldest first; for the instructor's review."""
    rows = session.execute(
        select(Thread.id, Thread.title, Post, Member.name)
        .join(Post, Post.thread_id == Thread.id)
        .join(Member, Member.id == Post.author_id)
        .where(Thread.activity_id == activity_id, Post.author_id == member_id)
        .order_by(Post.id)
    ).all()
    return [
        (
            thread_id,
            title,
            PostRow(
                id=post.id,
                depth=post.depth,
                author_id=post.author_id,
                author=name,
                is_staff=False,
                html=post.html,
                source=post.source,
                created_at=post.created_at,
                edited_at=post.edited_at,
                is_hidden=post.is_hidden,
                hidden_reason=post.hidden_reason,
            ),
        )
        for thread_id, title, post, name in rows
    ]
