"""What the spine keeps on persons: results, the trail, exceptions, what the LMS was told, what staff did and why."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import (
    Erasing,
    Fate,
    Keeper,
    Person,
    Sheet,
    Stored,
    change_some,
    delete_some,
    in_turn,
    sheet,
)
from lti_tool.identity.models import Context
from lti_tool.ledger.models import (
    Activity,
    AuditEvent,
    Entry,
    LineItem,
    Override,
    Placement,
    Result,
    ScoreEvent,
    ScorePost,
)
from lti_tool.ledger.rules import PostState

STORED = (
    Stored(
        "result",
        ("progress", "score", "criteria_met", "state", "started_at", "completed_at", "updated_at", "attempt_began_at", "attempt_ended_at"),
        _l("What you have reached in each task: progress, score, completion."),
        Fate.deleted,
    ),
    Stored(
        "entry",
        ("verb", "category", "quantity", "at", "source", "org_unit_id"),
        _l("What you did and when, without texts: the counts of the course are made from it."),
        Fate.nameless,
    ),
    Stored(
        "score_post",
        (
            "state", "due_at", "cause", "send_at", "sent_score", "sent_at", "confirmed_score", "confirmed_at",
        ),
        _l("Which score your platform's gradebook was told, and whether it has it."),
        Fate.deleted,
    ),
    Stored(
        "score_event",
        ("at", "event", "status", "score", "cause"),
        _l("Each try to tell the gradebook, and what it answered."),
        Fate.deleted,
    ),
    Stored(
        "override",
        (
            "opens_at", "due_at", "closes_at", "extra_seconds", "extra_percent", "extra_attempts", "reason",
        ),
        _l("Exceptions that a teacher made for you, with the reason."),
        Fate.deleted,
    ),
    Stored(
        "audit_event",
        ("at", "action", "reason"),
        _l("What teachers changed for you, or you as a teacher for others, with the reason. A reason about you is erased."),
        Fate.emptied,
    ),
)  # fmt: skip
_MOST_DUE = 400
_FEWER = 100
"""So many score posts at once, so that their history finds room in the same slice."""


def export(connection: Connection, member_id: int, _now: datetime) -> Iterator[Sheet]:
    """Results, the trail, exceptions, scores on their way, what staff changed."""
    course, activity = Context.title.label("course"), Activity.title.label("activity")
    yield sheet(
        connection,
        "results",
        _l("Results"),
        select(
            course, activity, Result.progress, Result.score, Activity.maximum, Result.criteria_met, Result.state,
            Result.started_at, Result.completed_at, Result.updated_at, Result.attempt_began_at, Result.attempt_ended_at,
        )
        .select_from(Result)
        .join(Activity, Activity.id == Result.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .where(Result.member_id == member_id)
        .order_by(Result.id),
    )  # fmt: skip
    yield sheet(
        connection,
        "trail",
        _l("What you did and when"),
        select(course, activity, Entry.at, Entry.verb, Entry.category, Entry.quantity, Entry.source)
        .select_from(Entry)
        .join(Context, Context.id == Entry.context_id)
        .outerjoin(Activity, Activity.id == Entry.activity_id)
        .where(Entry.member_id == member_id)
        .order_by(Entry.id),
    )
    yield sheet(
        connection,
        "exceptions",
        _l("Exceptions made for you"),
        select(
            course, activity, Override.opens_at, Override.due_at, Override.closes_at, Override.extra_seconds,
            Override.extra_percent, Override.extra_attempts, Override.reason,
        )
        .select_from(Override)
        .join(Activity, Activity.id == Override.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .where(Override.member_id == member_id)
        .order_by(Override.id),
    )  # fmt: skip
    posts = (
        select(
            course, activity, ScorePost.state, ScorePost.cause, ScorePost.due_at, ScorePost.sent_score, ScorePost.sent_at,
            ScorePost.confirmed_score, ScorePost.confirmed_at,
        )
        .select_from(ScorePost)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Context, Context.id == Placement.context_id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(ScorePost.member_id == member_id)
        .order_by(ScorePost.id)
    )  # fmt: skip
    yield sheet(connection, "scores", _l("Scores in the gradebook of your platform"), posts)
    yield sheet(
        connection,
        "score_history",
        _l("Each try to tell the gradebook"),
        select(activity, ScoreEvent.at, ScoreEvent.event, ScoreEvent.status, ScoreEvent.score, ScoreEvent.cause)
        .select_from(ScoreEvent)
        .join(ScorePost, ScorePost.id == ScoreEvent.score_post_id)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(ScorePost.member_id == member_id)
        .order_by(ScoreEvent.id),
    )
    about = (Context, Context.id == AuditEvent.context_id)
    yield sheet(
        connection,
        "changes_for_you",
        _l("What teachers changed for you"),
        select(course, activity, AuditEvent.at, AuditEvent.action, AuditEvent.reason)
        .select_from(AuditEvent)
        .join(*about)
        .outerjoin(Activity, Activity.id == AuditEvent.activity_id)
        .where(AuditEvent.member_id == member_id)
        .order_by(AuditEvent.id),
    )
    # Without the reasons: they are about others.
    yield sheet(
        connection,
        "changes_by_you",
        _l("What you changed as a teacher"),
        select(course, activity, AuditEvent.at, AuditEvent.action)
        .select_from(AuditEvent)
        .join(*about)
        .outerjoin(Activity, Activity.id == AuditEvent.activity_id)
        .where(AuditEvent.actor_id == member_id)
        .order_by(AuditEvent.id),
    )


def begin(connection: Connection, person: Person, _now: datetime) -> None:
    """What is due is not sent any more, and what is on its way this moment is answered first. At most 400 rows.

    The rest has nowhere to go to: its member is not gradable any more, and the worker deletes it soon.
    """
    due = (ScorePost.member_id == person.member_id, ScorePost.state == PostState.waiting)
    held = _hold(connection, *due, limit=_MOST_DUE)
    connection.execute(update(ScorePost).where(ScorePost.id.in_(held)).values(state=PostState.not_gradable))


def erase(connection: Connection, erasing: Erasing, limit: int) -> int:
    """Score posts first, so that nothing more is sent; a reason about this person goes, the act stays."""
    whose = erasing.member_id
    about = (AuditEvent.member_id == whose, AuditEvent.reason != "")
    return in_turn(
        lambda most: _erase_posts(connection, erasing, most),
        lambda most: delete_some(connection, Override, Override.member_id == whose, limit=most),
        lambda most: delete_some(connection, Result, Result.member_id == whose, limit=most),
        lambda most: change_some(connection, AuditEvent, *about, limit=most, reason=""),
        lambda most: (
            0 if erasing.leaves_trail else delete_some(connection, Entry, Entry.member_id == whose, limit=most)
        ),
        limit=limit,
    )


def _erase_posts(connection: Connection, erasing: Erasing, limit: int) -> int:
    """History, then the posts themselves. One that a sender holds is left until he is done with it, or has lost it."""
    free = or_(ScorePost.lease_until.is_(None), ScorePost.lease_until <= erasing.now)
    held = _hold(connection, ScorePost.member_id == erasing.member_id, free, limit=_FEWER)
    if not held:
        return 0
    done = delete_some(connection, ScoreEvent, ScoreEvent.score_post_id.in_(held), limit=limit - _FEWER)
    if done < limit - _FEWER:
        done += connection.execute(delete(ScorePost).where(ScorePost.id.in_(held))).rowcount
    return done


def _hold(connection: Connection, *conditions: object, limit: int | None = None) -> list[int]:
    """The ids of these score posts, locked in the house's order (services.outbox.ORDER)."""
    statement = select(ScorePost.id).where(*conditions).order_by(ScorePost.line_item_id).limit(limit)  # type: ignore[arg-type]  # conditions of SQL
    if connection.dialect.name != "sqlite":
        statement = statement.with_for_update()
    return list(connection.execute(statement).scalars())


KEEPER = Keeper("ledger", _l("Results and grades"), STORED, export, erase, begin)
