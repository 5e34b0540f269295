"""View as a member: who teaches sees the course as its members do, for as long as the grant lasts or until he ends it.

The grant itself changes its role and keeps the one of the launch, so every page and every rule is the member's own. A
previewing grant leaves no trace (docs/decisions/0015-view-as-member.md); a new launch ends the view.
"""

from sqlalchemy import Connection, null, update

from lti_tool.core.errors import NotFound
from lti_tool.identity.actor import Actor, Can, Role
from lti_tool.identity.models import Grant


def begin(connection: Connection, actor: Actor) -> None:
    """From now on this grant is a member's. Repeating it changes nothing. One statement; raises NotFound."""
    if not (actor.can(Can.follow) or actor.could(Can.follow)):
        raise NotFound
    connection.execute(
        update(Grant)
        .where(Grant.id == actor.grant_id, Grant.own_role.is_(None))
        .values(own_role=Grant.role, role=Role.member, preview=True)
    )


def end(connection: Connection, actor: Actor) -> None:
    """The grant is again what the launch made it. Repeating it changes nothing. One statement."""
    connection.execute(
        update(Grant)
        .where(Grant.id == actor.grant_id, Grant.own_role.is_not(None))
        .values(role=Grant.own_role, own_role=null(), preview=False)
    )
