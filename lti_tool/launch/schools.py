"""Schools (tenants) in the operator's hands: made, renamed, and a deployment moved from one to another.

Flushes, never commits. What may be moved is decided here once for every table that knows a school; decision 17 says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.orm import Session

from lti_tool.core.errors import Conflict, Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.text import clean_line
from lti_tool.identity.models import Context, ContextCopy, Deployment, Enrolment, Member, Tenant
from lti_tool.launch.models import LoginState
from lti_tool.launch.operating import deployment_of
from lti_tool.launch.registrations import find
from lti_tool.ledger.models import Entry
from lti_tool.media.models import File, MediaReference

MOST_ROWS: Final = 500
"""In one transaction, as everywhere."""

FOLLOWS: Final = frozenset({"deployment", "context", "member", "media_file"})
"""Tables whose rows go along with a deployment."""
STAYS: Final = frozenset({"org_unit", "registration_invite"})
"""Tables whose rows belong to the school whatever is moved; who has a place in its organisation does not go."""
BY_ITSELF: Final = frozenset({"registration"})
"""Goes along when none of its deployments stays behind."""


class NameFault(Invalid):
    """A school cannot be called so: no name, or another's."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What has gone along."""

    deployment_id: str
    former: str
    school: str
    courses: int
    members: int
    files: int


def make(session: Session, name: str, timezone: str) -> Tenant:
    """A new school. Raises NameFault. The zone has been checked."""
    made = Tenant(name=_free_name(session, name), timezone=timezone)
    session.add(made)
    session.flush()
    return made


def rename(session: Session, tenant_id: int, name: str) -> tuple[str, Tenant]:
    """Call a school something else; its former name and the school. Raises NotFound, NameFault.

    New registrations find their school by its name, so two schools never have the same one.
    """
    found = session.get(Tenant, tenant_id)
    if found is None:
        raise NotFound
    former = found.name
    found.name = _free_name(session, name, tenant_id)
    session.flush()
    return former, found


def _free_name(session: Session, typed: str, tenant_id: int | None = None) -> str:
    name = clean_line(typed, 200)
    if not name:
        raise NameFault(_l("A school needs a name."), action=_l("Type a name of 1 to 200 characters."))
    if session.scalar(select(Tenant.id).where(Tenant.name == name, Tenant.id != (tenant_id or 0)).limit(1)):
        raise NameFault(_l("Another school has this name."), action=_l("Choose a name that tells them apart."))
    return name


def move_deployment(session: Session, registration_id: int, number: int, tenant_id: int) -> Moved:
    """Let a deployment belong to another school, with its courses, their members and their files.

    All of it or nothing: what would lie at two schools afterwards is refused. Launches wait meanwhile, or are waited for.
    Raises NotFound, Conflict (it is there already, something ties it to what stays, or it is too much for one transaction).
    """
    _let_launches_end(session)
    deployment = deployment_of(session, registration_id, number)
    school, former = session.get(Tenant, tenant_id), session.get_one(Tenant, deployment.tenant_id)
    if school is None:
        raise NotFound
    if school.id == former.id:
        raise Conflict(_l("The deployment belongs to this school already."), action=_l("Choose another school."))
    # Uploads and whatever else is added to these courses wait as well.
    courses = session.scalars(
        select(Context.id).where(Context.deployment_id == number).limit(MOST_ROWS + 1).with_for_update()
    ).all()
    _check_size(courses)
    members = session.scalars(
        select(Enrolment.member_id).where(Enrolment.context_id.in_(courses)).distinct().limit(MOST_ROWS + 1)
    ).all()
    references = session.scalars(
        select(MediaReference).where(MediaReference.context_id.in_(courses)).limit(MOST_ROWS + 1)
    ).all()
    files = session.scalars(select(File).where(File.id.in_({each.file_id for each in references}))).all()
    _check_size(courses, members, references, files)
    _check_ties(session, courses, members, school.id)
    _check_files(session, files, courses, members)
    deployment.tenant_id = school.id
    session.execute(update(Context).where(Context.id.in_(courses)).values(tenant_id=school.id))
    session.execute(update(Member).where(Member.id.in_(members)).values(tenant_id=school.id))
    _move_files(session, files, references, school.id)
    registration = find(session, registration_id)
    left = select(Deployment.id).where(
        Deployment.registration_id == registration_id, Deployment.tenant_id == registration.tenant_id
    )
    if session.scalar(left.limit(1)) is None:
        registration.tenant_id = school.id
    session.flush()
    return Moved(deployment.deployment_id, former.name, school.name, len(courses), len(members), len(files))


def _let_launches_end(session: Session) -> None:
    """Wait for the launches that are on their way, and let those that come wait: each begins with its login state.

    On SQLite there is one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {LoginState.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def _check_size(*rows: Sequence[object]) -> None:
    if sum(map(len, rows)) > MOST_ROWS:
        raise Conflict(
            _l("This deployment has too many courses, members and files to be moved."),
            action=_l("Have the other school's LMS use a deployment of its own."),
        )


def _check_ties(session: Session, courses: Sequence[int], members: Sequence[int], school_id: int) -> None:
    """Raises Conflict where something of what goes is of what stays as well."""
    copies = or_(
        ContextCopy.context_id.in_(courses) & ContextCopy.source_id.not_in(courses),
        ContextCopy.source_id.in_(courses) & ContextCopy.context_id.not_in(courses),
    )
    if session.scalar(select(func.count()).select_from(ContextCopy).where(copies)):
        raise Conflict(
            _l("A course of this deployment was copied from a course that stays, or the other way round."),
            action=_l("Such courses share questions and files, so they stay at one school."),
        )
    elsewhere = (
        select(func.count(Enrolment.member_id.distinct()))
        .join(Context, Context.id == Enrolment.context_id)
        .where(Enrolment.member_id.in_(members), Context.id.not_in(courses), Context.tenant_id != school_id)
    )
    if count := session.scalar(elsewhere):
        raise Conflict(
            _l("%(count)s people of this deployment are also in courses that stay.", count=count),
            action=_l("A person belongs to one school per connection. Move their other deployments first."),
        )
    placed = select(Member.id).where(Member.id.in_(members), Member.org_unit_id.is_not(None)).limit(1)
    told = select(Entry.id).where(Entry.context_id.in_(courses), Entry.org_unit_id.is_not(None)).limit(1)
    if session.scalar(placed) is not None or session.scalar(told) is not None:
        raise Conflict(
            _l("People of this deployment have a place in the school's organisation."),
            action=_l("It stays, since what they did is counted there."),
        )


def _check_files(session: Session, files: Sequence[File], courses: Sequence[int], members: Sequence[int]) -> None:
    """Raises Conflict where a course that stays shows a file that goes, or somebody who stays was the first to upload it."""
    shared = (
        select(MediaReference.id)
        .where(MediaReference.file_id.in_([each.id for each in files]), MediaReference.context_id.not_in(courses))
        .limit(1)
    )
    if session.scalar(shared) is not None or any(each.uploaded_by not in members for each in files):
        raise Conflict(
            _l("Courses of this deployment show files that courses that stay show as well."),
            action=_l("Files are kept once per school, so these courses stay."),
        )


def _move_files(session: Session, files: Sequence[File], references: Sequence[MediaReference], school_id: int) -> None:
    """Let the courses show files of the new school; bytes that it has already are kept once."""
    known = {
        row.sha256: row.id
        for row in session.execute(
            select(File.sha256, File.id).where(
                File.tenant_id == school_id, File.sha256.in_([each.sha256 for each in files])
            )
        )
    }
    for file in files:
        if file.sha256 not in known:
            file.tenant_id = school_id
            continue
        for reference in references:
            if reference.file_id == file.id:
                reference.file_id = known[file.sha256]
        session.flush()
        session.delete(file)
    session.flush()
