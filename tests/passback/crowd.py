"""Hundreds of members with results at once, written by few statements."""

from typing import Any

from sqlalchemy import insert, select

from lti_tool.identity.actor import Role
from lti_tool.identity.models import Enrolment, EnrolmentSource, Member, Registration
from lti_tool.ledger.models import Activity, Result, ScorePost
from lti_tool.ledger.rules import PostState, ResultState
from tests.school import School


def come(
    school: School, task: Activity, column: int, names: list[str], state: PostState | None, **post: Any
) -> list[int]:
    """So many more members with a result, and with a score post in this state (None: without one); their ids."""
    with school.database.writing() as session:
        connection = session.connection()
        tenant_id = session.get_one(Registration, school.registration_id).tenant_id
        of_all = {"registration_id": school.registration_id, "tenant_id": tenant_id, "created_at": school.now}
        connection.execute(insert(Member), [of_all | {"sub": f"s-{name}", "name": name} for name in names])
        found = connection.execute(select(Member.id).where(Member.name.in_(names)).order_by(Member.id)).scalars().all()
        enrolled = {
            "context_id": school.context_id,
            "role": Role.member,
            "source": EnrolmentSource.launch,
            "gradable": True,
        }
        connection.execute(insert(Enrolment), [enrolled | {"member_id": member} for member in found])
    have(school, task, column, list(found), state, **post)
    return list(found)


def have(school: School, task: Activity, column: int, members: list[int], state: PostState | None, **post: Any) -> None:
    """These members reach something in one more task; their score posts as in `come`."""
    reached = {
        "activity_id": task.id,
        "score": 5,
        "state": ResultState.done,
        "started_at": school.now,
        "updated_at": school.now,
    }
    with school.database.writing() as session:
        session.execute(insert(Result), [reached | {"member_id": member} for member in members])
        if state is not None:
            one = {"line_item_id": column, "state": state, "due_at": school.now} | post
            session.execute(insert(ScorePost), [one | {"member_id": member} for member in members])
