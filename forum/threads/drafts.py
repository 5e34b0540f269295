"""Discussions as drafts of a choice: thrown away if nobody has worked on them."""

from sqlalchemy import Connection, delete, select

from forum.threads.models import ForumUse


def state(connection: Connection, activity_id: int) -> str:
    """`Kind.state`: the task in words; the rest stands in the activity."""
    source = connection.scalar(select(ForumUse.source).where(ForumUse.activity_id == activity_id).with_for_update())
    return source or ""


def discard(connection: Connection, activity_id: int) -> None:
    """`Kind.discard`: the task in words. A discussion with a thread is no forgotten draft."""
    connection.execute(delete(ForumUse).where(ForumUse.activity_id == activity_id))
