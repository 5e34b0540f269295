"""A registration's own role table: what this LMS means by a role, where that differs from LTI's table (RO-19).

The operator sets it; no launch ever does. Flushes, never commits.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.actor import Role
from lti_tool.identity.rules.roles import TEST_USER
from lti_tool.launch.registrations import find

MOST: Final = 50
LONGEST: Final = 255


def roles_of(session: Session, registration_id: int) -> dict[str, Role]:
    """The table as it stands, by role of the LMS. Raises NotFound."""
    stored = find(session, registration_id).role_overrides
    return {name: Role(stored[name]) for name in sorted(stored)}


def set_roles(session: Session, registration_id: int, changes: Mapping[str, Role | None]) -> dict[str, Role]:
    """Change it: a role of the LMS, character by character as it sends it, to ours; None takes its row out.

    Returns the table as it stands then. Launches follow it within 30 seconds; who is here keeps his role until he
    launches again. Raises NotFound (no such registration), Invalid (a name that no LMS can send, one that is not in the
    table and shall be taken out, or too many).
    """
    registration = find(session, registration_id)
    table = dict(registration.role_overrides)
    for name, role in changes.items():
        if not 0 < len(name) <= LONGEST or not name.isprintable() or name != name.strip():
            raise Invalid(_l("A role is 1 to %(most)s printable characters, as the LMS sends it.", most=LONGEST))
        if name == TEST_USER:
            raise Invalid(_l("The test user is no role in a course: it has no place in the table."))
        if role is None and name not in table:
            raise Invalid(_l("This role is not in the table: %(name)s", name=name))
        if role is None:
            del table[name]
        else:
            table[name] = role.value
    if len(table) > MOST:
        raise Invalid(_l("A registration may have at most %(most)s roles of its own.", most=MOST))
    registration.role_overrides = table
    session.flush()
    return roles_of(session, registration_id)
