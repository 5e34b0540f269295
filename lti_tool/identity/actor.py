"""Who acts, as frozen values: what services get instead of a request."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The role in one context, from the exact table of the launch."""

    instructor = "instructor"
    assistant = "assistant"
    member = "member"
    mentor = "mentor"
    guest = "guest"


class Carrier(StrEnum):
    """How a request shows its session: the Partitioned cookie, or a bearer header in pages without cookies."""

    cookie = "cookie"
    bearer = "bearer"


class Can(StrEnum):
    """What a view asks for; the only words of authorisation."""

    learn = "learn"
    """Open published activities."""
    author = "author"
    """Create, edit, archive; give attempts; pin threads."""
    follow = "follow"
    """See members' progress and the way of every score."""
    watch = "watch"
    """See the progress of the members that one mentors, and nothing else."""


_ALLOWED = {
    Role.instructor: frozenset({Can.learn, Can.author, Can.follow}),
    Role.assistant: frozenset({Can.learn, Can.follow}),
    Role.member: frozenset({Can.learn}),
    Role.mentor: frozenset({Can.watch}),
    Role.guest: frozenset({Can.learn}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """One grant of one browser session: a member in a context with a role."""

    session_id: int
    grant_id: int
    context_id: int
    member_id: int
    tenant_id: int
    registration_id: int
    role: Role
    gradable: bool
    preview: bool
    locale: str
    document_target: str
    return_url: str
    resource_link_id: str
    name: str
    carrier: Carrier
    zone: str = "Asia/Shanghai"
    course: str = ""
    own_role: Role | None = None
    """The role of the launch while its holder views the course as a member; None: `role` is it."""

    def can(self, what: Can) -> bool:
        """Whether the role allows `what`."""
        return what in _ALLOWED[self.role]

    def could(self, what: Can) -> bool:
        """Whether this person may do it, but not while viewing the course as a member."""
        return self.own_role is not None and what in _ALLOWED[self.own_role] and not self.can(what)

    @property
    def is_recorded(self) -> bool:
        """Whether what this person does counts: previews leave no trace, guests are nobody."""
        return not self.preview and self.role not in {Role.guest, Role.mentor}
