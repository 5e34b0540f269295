"""From the roles that an LMS sends to one local role, by exact comparison with the tables of LTI Core 1.3, Appendix A.

Only context roles give rights. What is not in the table is nobody's role: no prefix, no lower case, no https variant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lti_tool.identity.actor import Role

_MEMBERSHIP: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_INSTITUTION: Final = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
_SYSTEM: Final = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
TEST_USER: Final = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

_CORE: Final = {
    "Administrator": Role.instructor,
    "ContentDeveloper": Role.instructor,
    "Instructor": Role.instructor,
    "TeachingAssistant": Role.assistant,
    "Learner": Role.member,
    "Mentor": Role.mentor,
}
_ASSISTING: Final = (
    "TeachingAssistant", "TeachingAssistantGroup", "TeachingAssistantOffering", "TeachingAssistantSection",
    "TeachingAssistantSectionAssociation", "TeachingAssistantTemplate", "Grader",
)  # fmt: skip
_SUB_ROLES: Final = {
    "Administrator": ("Administrator", "Developer", "ExternalDeveloper", "ExternalSupport", "ExternalSystemAdministrator",
                      "Support", "SystemAdministrator"),
    "ContentDeveloper": ("ContentDeveloper", "ContentExpert", "ExternalContentExpert", "Librarian"),
    "Instructor": ("ExternalInstructor", "GuestInstructor", "Lecturer", "PrimaryInstructor", "SecondaryInstructor"),
    "Learner": ("ExternalLearner", "GuestLearner", "Instructor", "Learner", "NonCreditLearner"),
    "Mentor": ("Advisor", "Auditor", "ExternalAdvisor", "ExternalAuditor", "ExternalLearningFacilitator",
               "ExternalMentor", "ExternalReviewer", "ExternalTutor", "LearningFacilitator", "Mentor", "Reviewer",
               "Tutor"),
}  # fmt: skip

TABLE: Final[Mapping[str, Role]] = {
    **_CORE,
    **{f"{_MEMBERSHIP}#{name}": role for name, role in _CORE.items()},
    **{f"{_MEMBERSHIP}/{parent}#{name}": _CORE[parent] for parent, names in _SUB_ROLES.items() for name in names},
    **{f"{_MEMBERSHIP}/Instructor#{name}": Role.assistant for name in _ASSISTING},
}
"""Every context role that we know, short (deprecated, still certified) and long."""

_OUTSIDE: Final = frozenset(
    {f"{_INSTITUTION}{name}" for name in ("Administrator", "Faculty", "Guest", "Instructor", "Learner", "Mentor",
                                          "Observer", "Other", "Staff", "Student", "Alumni", "Member",
                                          "ProspectiveStudent")}
    | {f"{_SYSTEM}{name}" for name in ("Administrator", "AccountAdmin", "Creator", "SysAdmin", "SysSupport", "User")}
)  # fmt: skip
"""Roles in the school or the platform, which say nothing about this course."""

RANK: Final = (Role.instructor, Role.assistant, Role.member, Role.mentor, Role.guest)
"""Roles by what they allow, the highest first."""


_ADMINISTERING: Final = frozenset(
    {f"{_INSTITUTION}Administrator", f"{_SYSTEM}Administrator", f"{_SYSTEM}SysAdmin", f"{_SYSTEM}AccountAdmin"}
)
"""Who may look at the data of others when the LMS sends him to them, and have them erased (ID-12)."""


def administers(roles: Sequence[str]) -> bool:
    """Whether one of the roles, exactly, is that of somebody who runs the school's platform."""
    return not _ADMINISTERING.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is in the course, and whether scores may be sent for him."""

    role: Role
    gradable: bool
    is_test: bool = False
    """The LMS's test user in a member's place (RO-14)."""


class NoCourseRole(Exception):
    """All that is known of the person are roles outside the course (RO-07, RO-09)."""


def standing(roles: Sequence[str], overrides: Mapping[str, str] | None = None) -> Standing:
    """The highest context role; without one, guest. A member who is nothing more is gradable, unless a test user.

    A sub-role alone gives what the table says for it; together with its parent role it takes nothing away (RO-05).
    `overrides` is the registration's own table, role to local role; it comes before the general one, and may also take
    rights away (`guest`). Raises NoCourseRole.
    """
    own = {name: Role(role) for name, role in (overrides or {}).items()}
    found = {own.get(role) or TABLE[role] for role in roles if role in own or role in TABLE}
    for role in RANK[:-1]:
        if role in found:
            is_test = role is Role.member and TEST_USER in roles
            return Standing(role, gradable=role is Role.member and not is_test, is_test=is_test)
    if not found and any(role in _OUTSIDE for role in roles):
        raise NoCourseRole
    return Standing(Role.guest, gradable=False)


def is_known(roles: Sequence[str], overrides: Mapping[str, str] | None = None) -> bool:
    """Whether any of the roles says something about a course."""
    return any(role in TABLE or role in (overrides or {}) for role in roles)


def is_lower(role: Role, than: Role) -> bool:
    """Whether `role` allows less."""
    return RANK.index(role) > RANK.index(than)
