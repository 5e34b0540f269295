"""A submission review (Submission Review 1.0): from a column of the LMS's gradebook to one person's work."""

from sqlalchemy import Connection, select

from lti_tool.identity.actor import Role
from lti_tool.identity.models import Enrolment, Member
from lti_tool.launch.refused import Refused
from lti_tool.launch.services.landing.arrival import Arrival, Landed, Review
from lti_tool.launch.services.landing.people import STAFF
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, Placement, Result


def to_review(connection: Connection, arrival: Arrival, for_user: str, *, context_id: int, token: str) -> Landed:
    """Where the review is: who teaches sees the person's work, a member his own page, a mentor those he may see.

    Two statements at most. Raises Refused: the column is none of this course's, or the person is not this one's to see.
    """
    role = arrival.standing.role
    found = connection.execute(
        select(Placement.id, Activity.id.label("activity_id"), Activity.kind, Activity.status)
        .select_from(LineItem)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(Placement.context_id == context_id, LineItem.url == arrival.claims.endpoint.line_item)
    ).first()
    if found is None:
        raise Refused("review_unknown")
    if role in STAFF:
        review = _of(connection, arrival.known.id, for_user, context_id, found.activity_id)
        return Landed(token, found.id, found.activity_id, found.kind, None, review=review)
    if role is Role.mentor and for_user in arrival.claims.mentored:
        return Landed(token, None, None, None, None, mentored_in=context_id)
    if role is Role.mentor or for_user != arrival.claims.sub:
        raise Refused("review_not_yours")
    is_open = found.status is ActivityStatus.published
    return Landed(token, found.id, found.activity_id if is_open else None, found.kind, None)


def _of(connection: Connection, registration_id: int, sub: str, context_id: int, activity_id: int) -> Review:
    row = connection.execute(
        select(Member.id, Result.id.label("result_id"))
        .join(Enrolment, (Enrolment.member_id == Member.id) & (Enrolment.context_id == context_id))
        .outerjoin(Result, (Result.member_id == Member.id) & (Result.activity_id == activity_id))
        .where(Member.registration_id == registration_id, Member.sub == sub, Enrolment.role == Role.member)
    ).first()
    return Review(None, has_begun=False) if row is None else Review(row.id, has_begun=row.result_id is not None)
