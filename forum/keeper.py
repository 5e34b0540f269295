"""What discussions keep on persons: what they wrote, and up to where they have read."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, or_, select

from forum.threads.models import Post, ReadMark, Thread
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import Erasing, Fate, Keeper, Sheet, Stored, change_some, delete_some, in_turn, sheet
from lti_tool.identity.models import Context
from lti_tool.ledger.models import Activity

STORED = (
    Stored(
        "thread",
        ("title", "created_at"),
        _l("The topics that you opened. Replies of others stay, so the topic stays without its title."),
        Fate.emptied,
    ),
    Stored(
        "post",
        ("source", "html", "created_at", "edited_at", "is_hidden", "hidden_reason"),
        _l("What you wrote in discussions. Its place stays, so that the replies of others can be read."),
        Fate.emptied,
    ),
    Stored("read_mark", ("post_id",), _l("Up to where you have read a topic."), Fate.deleted),
)


def export(connection: Connection, member_id: int, _now: datetime) -> Iterator[Sheet]:
    """Own words; the topics and posts of others by number only."""
    course, activity = Context.title.label("course"), Activity.title.label("activity")
    yield sheet(
        connection,
        "topics",
        _l("Topics that you opened"),
        select(course, activity, Thread.id.label("topic"), Thread.title, Thread.created_at)
        .select_from(Thread)
        .join(Activity, Activity.id == Thread.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .where(Thread.author_id == member_id)
        .order_by(Thread.id),
    )
    yield sheet(
        connection,
        "posts",
        _l("What you wrote in discussions"),
        select(
            course, activity, Post.thread_id.label("topic"), Post.id.label("post"), Post.parent_id.label("reply_to"),
            Post.source.label("text"), Post.created_at, Post.edited_at, Post.is_hidden, Post.hidden_reason,
        )
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Activity, Activity.id == Thread.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .where(Post.author_id == member_id)
        .order_by(Post.id),
    )  # fmt: skip
    yield sheet(
        connection,
        "read_marks",
        _l("Up to where you have read"),
        select(ReadMark.thread_id.label("topic"), ReadMark.post_id.label("post"))
        .where(ReadMark.member_id == member_id)
        .order_by(ReadMark.thread_id),
    )


def erase(connection: Connection, erasing: Erasing, limit: int) -> int:
    """Words go and places stay; with `keeps_posts` only the name, which the member's row has lost already."""
    whose = erasing.member_id
    return in_turn(
        lambda most: delete_some(connection, ReadMark, ReadMark.member_id == whose, limit=most),
        lambda most: 0 if erasing.keeps_posts else _erase_words(connection, whose, most),
        limit=limit,
    )


def _erase_words(connection: Connection, whose: int, limit: int) -> int:
    written = (Post.author_id == whose, or_(Post.source != "", Post.html != "", Post.hidden_reason != ""))
    named = (Thread.author_id == whose, Thread.title != "")
    return in_turn(
        lambda most: change_some(connection, Post, *written, limit=most, source="", html="", hidden_reason=""),
        lambda most: change_some(connection, Thread, *named, limit=most, title=""),
        limit=limit,
    )


KEEPER = Keeper("discussions", _l("Discussions"), STORED, export, erase)
