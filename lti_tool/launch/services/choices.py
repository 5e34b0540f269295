"""What a link shall show, or what deep linking gives back: read, used up once, bound. Flushes, never commits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.core.errors import Conflict, Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity import current
from lti_tool.identity.actor import Can
from lti_tool.identity.models import Deployment, Registration
from lti_tool.launch.models import DeepLinkRequest
from lti_tool.launch.rules.claims import Endpoint
from lti_tool.launch.rules.deep_link import Asked, Picked
from lti_tool.launch.services.landing import bind, column_of
from lti_tool.ledger.models import Activity, ActivityStatus, Placement
from lti_tool.ledger.services import publish, schedule_changed


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that is still open, and who may make it: its member, with an author's grant in its course."""

    id: int
    context_id: int
    course: str
    placement_id: int | None
    line_item_url: str | None
    scopes: tuple[str, ...]
    asked: Asked

    @property
    def is_deep_link(self) -> bool:
        return self.placement_id is None and bool(self.asked.return_url)

    @property
    def is_from_course(self) -> bool:
        """Neither a link nor an LMS waits for it: the course home wants a new task, which stays a draft."""
        return self.placement_id is None and not self.asked.return_url


def open_choice(session: Session, choice_id: int, now: datetime) -> Choice:
    """An open choice of the person who asks.

    Raises NotFound if it is not theirs, Conflict if it was made already or has run out.
    """
    current.asking(session)
    row = session.execute(
        select(DeepLinkRequest, Deployment.deployment_id, Registration.issuer, Registration.client_id)
        .join(Deployment, Deployment.id == DeepLinkRequest.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(DeepLinkRequest.id == choice_id)
    ).first()
    if row is None:
        raise NotFound
    request: DeepLinkRequest = row.DeepLinkRequest
    actor = current.actor(session, request.context_id, Can.author)
    if actor.member_id != request.member_id:
        raise NotFound
    if request.used_at is not None:
        raise Conflict(_l("The choice has already been made."), action=_l("Go back to your course to see it."))
    if request.expires_at <= now:
        raise Conflict(_l("This choice has expired."), action=_l("Go back to your course and open the link again."))
    asked = Asked(
        issuer=row.issuer,
        client_id=row.client_id,
        deployment_id=row.deployment_id,
        return_url=request.return_url,
        accepts_links="ltiResourceLink" in request.accept_types,
        targets=tuple(request.targets),
        accepts_line_item=request.accepts_line_item,
        data=request.data,
    )
    return Choice(
        id=request.id,
        context_id=request.context_id,
        course=actor.course,
        placement_id=request.placement_id,
        line_item_url=request.line_item_url,
        scopes=tuple(request.scopes),
        asked=asked,
    )


def choose(session: Session, choice: Choice, activity_id: int, now: datetime) -> Picked:
    """Take an activity of the same course: published if it is a draft, and bound to the link if the choice is for one.

    Raises NotFound (no such activity in this course), Invalid (archived), Conflict (somebody else was faster).
    """
    activity = session.scalar(
        select(Activity).where(Activity.id == activity_id, Activity.context_id == choice.context_id)
    )
    if activity is None:
        raise NotFound
    if activity.status is ActivityStatus.archived:
        raise Invalid(_l("This activity is archived."), action=_l("Choose another one."))
    use_up(session, choice, now)
    if activity.status is ActivityStatus.draft and not choice.is_from_course:
        publish(session, activity)
    if choice.placement_id is not None:
        _bind(session, choice, choice.placement_id, activity, now)
    return Picked(
        activity_id=activity.id,
        kind=activity.kind,
        title=activity.title,
        text=activity.summary,
        token=activity.token,
        maximum=activity.maximum,
        opens_at=activity.opens_at,
        due_at=activity.due_at,
    )


def use_up(session: Session, choice: Choice, now: datetime) -> None:
    """A choice is made once (DL-16). Raises Conflict."""
    done = session.execute(
        update(DeepLinkRequest)
        .where(DeepLinkRequest.id == choice.id, DeepLinkRequest.used_at.is_(None))
        .values(used_at=now)
        .returning(DeepLinkRequest.id)
    ).first()
    if done is None:
        raise Conflict(_l("The choice has already been made."), action=_l("Go back to your course to see it."))


def _bind(session: Session, choice: Choice, placement_id: int, activity: Activity, now: datetime) -> None:
    session.flush()
    link = bind(session.connection(), placement_id, activity.id)
    if link is None:
        raise Conflict(
            _l("Somebody else has chosen for this link in the meantime."), action=_l("Open it from your course again.")
        )
    schedule_changed(session, activity.id)  # The link may bring dates of the LMS with it.
    line_items = session.scalar(select(Placement.lineitems_url).where(Placement.id == placement_id))
    column_of(session.connection(), link, Endpoint(choice.line_item_url, line_items or "", choice.scopes), now)
