"""What this room keeps on persons: who they are, where they are enrolled, their sessions."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select, update

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import Erasing, Fate, Keeper, Person, Sheet, Stored, delete_some, in_turn, sheet
from lti_tool.identity.models import (
    BrowserSession,
    Context,
    Enrolment,
    Grant,
    Group,
    GroupMember,
    Member,
    Registration,
)

STORED = (
    Stored(
        "member",
        ("sub", "name", "created_at", "org_unit_id", "is_erased"),
        _l("Who you are, as your platform says: name, number, part of the school."),
        Fate.emptied,
    ),
    Stored(
        "enrolment",
        (
            "role", "source", "is_active", "gradable", "is_test", "has_taught", "is_listed", "last_launch_at",
            "returned_at", "not_graded_at", "claimed_groups",
        ),
        _l("The courses you are in, your role there, and when you last opened them."),
        Fate.deleted,
    ),
    Stored("member_group_member", ("group_id",), _l("The groups you are in."), Fate.deleted),
    Stored(
        "browser_session",
        ("token_hash", "carrier", "locale", "scheme", "created_at", "seen_at", "expires_at"),
        _l("Keeps you signed in for at most twelve hours, with the language and colours you chose."),
        Fate.deleted,
    ),
    Stored(
        "launch_grant",
        (
            "role", "own_role", "resource_link_id", "return_url", "locale", "document_target", "gradable", "preview",
            "mentored", "expires_at",
        ),
        _l("What you may do in a course while you are signed in."),
        Fate.deleted,
    ),
    Stored(
        "erased_member",
        ("mark",),
        _l("After an erasure: a code without your name, so that no list brings the name back."),
        Fate.nameless,
    ),
)  # fmt: skip


def export(connection: Connection, member_id: int, _now: datetime) -> Iterator[Sheet]:
    """Who it is, the courses, the groups, the open sessions."""
    yield sheet(
        connection,
        "person",
        _l("Who you are"),
        select(Registration.name.label("platform"), Registration.issuer, Member.sub, Member.name, Member.created_at)
        .select_from(Member)
        .join(Registration, Registration.id == Member.registration_id)
        .where(Member.id == member_id),
    )
    yield sheet(
        connection,
        "courses",
        _l("Your courses"),
        select(
            Context.title.label("course"),
            Enrolment.role,
            Enrolment.source,
            Enrolment.is_active,
            Enrolment.gradable,
            Enrolment.is_test,
            Enrolment.has_taught,
            Enrolment.last_launch_at,
            Enrolment.returned_at,
            Enrolment.not_graded_at,
            Enrolment.claimed_groups,
        )
        .select_from(Enrolment)
        .join(Context, Context.id == Enrolment.context_id)
        .where(Enrolment.member_id == member_id)
        .order_by(Enrolment.id),
    )
    yield sheet(
        connection,
        "groups",
        _l("Your groups"),
        select(Context.title.label("course"), Group.name.label("group"))
        .select_from(GroupMember)
        .join(Group, Group.id == GroupMember.group_id)
        .join(Context, Context.id == Group.context_id)
        .where(GroupMember.member_id == member_id)
        .order_by(Group.id),
    )
    yield sheet(
        connection,
        "sessions",
        _l("Where you are signed in"),
        select(
            BrowserSession.carrier,
            BrowserSession.locale,
            BrowserSession.scheme,
            BrowserSession.created_at,
            BrowserSession.seen_at,
            BrowserSession.expires_at,
        )
        .where(BrowserSession.member_id == member_id)
        .order_by(BrowserSession.id),
    )


def begin(connection: Connection, person: Person, _now: datetime) -> None:
    """End all sessions; nothing more is sent to the LMS for this person; no mentor's grant names him.

    Sessions are few: whoever begins an erasure has ended them before, and those of the last moment go here.
    """
    connection.execute(
        update(Enrolment).where(Enrolment.member_id == person.member_id).values(gradable=False, is_active=False)
    )
    while end_sessions(connection, person.member_id, limit=100):
        pass
    watching = connection.execute(
        select(Grant.id, Grant.mentored)
        .join(Member, Member.id == Grant.member_id)
        .where(Member.registration_id == person.registration_id, Grant.role == "mentor")
    )
    for row in watching.all():
        if person.sub in row.mentored:
            others = [each for each in row.mentored if each != person.sub]
            connection.execute(update(Grant).where(Grant.id == row.id).values(mentored=others))


def end_sessions(connection: Connection, member_id: int, *, limit: int) -> int:
    """End sessions of this person with their grants; returns how many rows went, 0: there are no more."""
    own = select(BrowserSession.id).where(BrowserSession.member_id == member_id)
    return in_turn(
        lambda most: delete_some(connection, Grant, Grant.member_id == member_id, limit=most),
        lambda most: delete_some(connection, Grant, Grant.session_id.in_(own), limit=most),
        lambda most: delete_some(connection, BrowserSession, BrowserSession.member_id == member_id, limit=most),
        limit=limit,
    )


def erase(connection: Connection, erasing: Erasing, limit: int) -> int:
    """The member's row has lost its name already; all else of it goes."""
    whose = erasing.member_id
    return in_turn(
        lambda most: end_sessions(connection, whose, limit=most),
        lambda most: delete_some(connection, GroupMember, GroupMember.member_id == whose, limit=most),
        lambda most: delete_some(connection, Enrolment, Enrolment.member_id == whose, limit=most),
        limit=limit,
    )


KEEPER = Keeper("identity", _l("From your school's platform"), STORED, export, erase, begin)
