"""What a link shall show, or what deep linking gives back: read, used up once, bound. Flushes, never commits."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lti_tool.core.errors import Conflict, Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Actor, Can
from lti_tool.identity.models import Deployment, Registration
from lti_tool.launch.models import ChoiceDraft, DeepLinkRequest
from lti_tool.launch.rules.claims import Endpoint
from lti_tool.launch.rules.deep_link import Asked, Picked
from lti_tool.launch.services.landing import bind, column_of
from lti_tool.ledger.models import Activity, ActivityStatus, Placement
from lti_tool.ledger.services import publish, schedule_changed

MOST_PICKED: Final = 50
"""Publishing one writes a few rows, and a transaction at most 500."""


def nothing_chosen() -> Invalid:
    """What is said to somebody who presses the button before choosing."""
    return Invalid(_l("Choose an activity first."), action="")


class Expired(Conflict):
    """The choice was not made in time. `asked` says who waits for it; its return URL is empty if nobody does."""

    code = "DK-409-CHOICE"

    def __init__(self, choice_id: int, asked: Asked) -> None:
        super().__init__(_l("This choice has expired."), action=_l("Go back to your course and open the link again."))
        self.choice_id = choice_id
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that is still open, and who may make it: its member, with an author's grant in its course."""

    id: int
    context_id: int
    actor: Actor
    placement_id: int | None
    line_item_url: str | None
    scopes: tuple[str, ...]
    asked: Asked
    picked: frozenset[int] = frozenset()
    """What was ticked when the author last went to create something."""

    @property
    def course(self) -> str:
        return self.actor.course

    @property
    def takes_several(self) -> bool:
        """Whether several activities go back at once; then what is created joins the others on the page first."""
        return self.is_deep_link and self.asked.accepts_multiple

    @property
    def is_deep_link(self) -> bool:
        return self.placement_id is None and bool(self.asked.return_url)

    @property
    def is_from_course(self) -> bool:
        """Neither a link nor an LMS waits for it: the course home wants a new task, which stays a draft."""
        return self.placement_id is None and not self.asked.return_url


def open_choice(session: Session, choice_id: int, now: datetime) -> Choice:
    """An open choice of the person who asks.

    Raises NotFound if it is not theirs, Conflict if it was made already, Expired.
    """
    current.asking(session)
    row = session.execute(
        select(
            DeepLinkRequest,
            Deployment.deployment_id,
            Registration.issuer,
            Registration.client_id,
            Registration.family,
        )
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
    asked = Asked(
        issuer=row.issuer,
        client_id=row.client_id,
        deployment_id=row.deployment_id,
        return_url=request.return_url,
        accept_types=tuple(request.accept_types),
        targets=tuple(request.targets),
        accepts_line_item=request.accepts_line_item,
        accepts_multiple=request.accepts_multiple,
        is_auto_created=request.is_auto_created,
        data=None if request.data is None else json.loads(request.data),
        family=row.family,
    )
    if request.expires_at <= now:
        raise Expired(request.id, asked)
    return Choice(
        id=request.id,
        context_id=request.context_id,
        actor=actor,
        placement_id=request.placement_id,
        line_item_url=request.line_item_url,
        scopes=tuple(request.scopes),
        asked=asked,
        picked=frozenset(request.picked),
    )


def keep_picked(session: Session, choice: Choice, activity_ids: Iterable[int]) -> None:
    """Remember what is ticked while the author creates another one: numbers as typed, they only tick what is listed."""
    kept = sorted(set(activity_ids))[:MOST_PICKED]
    session.execute(update(DeepLinkRequest).where(DeepLinkRequest.id == choice.id).values(picked=kept))


def choose(session: Session, choice: Choice, activity_id: int, now: datetime) -> Picked:
    """Take one activity, see `choose_all`."""
    (picked,) = choose_all(session, choice, (activity_id,), now)
    return picked


def choose_all(session: Session, choice: Choice, activity_ids: Sequence[int], now: datetime) -> list[Picked]:
    """Take activities of the same course, in its order: drafts are published, a link that waits is bound.

    Raises NotFound (not of this course), Invalid (none, too many, archived, or a draft that is not fit to be shown),
    Conflict (somebody else was faster).
    """
    wanted = set(activity_ids)
    if not wanted:
        raise nothing_chosen()
    if len(wanted) > 1 and not choice.takes_several:
        raise Invalid(_l("Only one activity can be added here."), action=_l("Choose one."))
    if len(wanted) > MOST_PICKED:
        raise Invalid(_l("That is too much at once."), action=_l("Choose at most %(n)s.", n=MOST_PICKED))
    activities = session.scalars(
        select(Activity)
        .where(Activity.id.in_(wanted), Activity.context_id == choice.context_id)
        .order_by(Activity.position, Activity.id)
        .with_for_update()  # A forgotten draft may be cleared away in this very moment.
    ).all()
    if len(activities) != len(wanted):
        raise NotFound
    if any(each.status is ActivityStatus.archived for each in activities):
        raise Invalid(_l("This activity is archived."), action=_l("Choose another one."))
    use_up(session, choice, now)
    for activity in activities:
        if activity.status is ActivityStatus.draft and not choice.is_from_course:
            show(session, activity, choice.actor, now)
        if choice.placement_id is not None:
            _bind(session, choice, choice.placement_id, activity, now)
    if not choice.is_from_course:
        session.execute(delete(ChoiceDraft).where(ChoiceDraft.activity_id.in_(wanted)))
    return [_picked(each) for each in activities]


def show(session: Session, activity: Activity, actor: Actor, now: datetime) -> None:
    """Publish a draft with what it uses, as its kind does it. Raises Invalid if it is not fit to be shown."""
    kind = runtime().kinds[activity.kind]
    if kind.publish is None:
        publish(session, activity)
    else:
        kind.publish(session, activity, actor, now)


def _picked(activity: Activity) -> Picked:
    return Picked(
        activity_id=activity.id,
        kind=activity.kind,
        title=activity.title,
        text=activity.summary,
        token=activity.token,
        maximum=activity.maximum,
        opens_at=activity.opens_at,
        closes_at=activity.closes_at,
    )


def use_up(session: Session, choice: Choice, now: datetime) -> None:
    """A choice is made once (DL-16). Raises Conflict."""
    end(session, choice.id, now)


def end(session: Session, choice_id: int, now: datetime) -> None:
    """Nothing follows from this choice any more. Raises Conflict if that was so before."""
    done = session.execute(
        update(DeepLinkRequest)
        .where(DeepLinkRequest.id == choice_id, DeepLinkRequest.used_at.is_(None))
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
