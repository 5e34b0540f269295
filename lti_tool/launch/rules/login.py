"""What a login initiation may say (Security Framework 1.0, 5.1.1.1; LTI Core 4.1; Platform Storage 0.1)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lti_tool.launch.refused import Refused

LONGEST = 8000
KEPT = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id", "lti_deployment_id")
NEW_WINDOW = "dangke_new_window"
"""Our own field: the browser has already been asked to open a window, so asking again would be a circle."""
STORAGE_TARGET = "lti_storage_target"
_FRAME = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """The parameters of a login; a missing optional one is None."""

    iss: str
    login_hint: str
    target_link_uri: str
    message_hint: str | None
    client_id: str | None
    deployment_id: str | None
    is_new_window: bool
    storage_target: str | None = None
    """The frame of the LMS that keeps things for us (lti_storage_target); None if the LMS offers none."""

    def kept(self) -> dict[str, str]:
        """The same parameters again, to begin this login a second time in a new window."""
        values = (
            self.iss,
            self.login_hint,
            self.target_link_uri,
            self.message_hint,
            self.client_id,
            self.deployment_id,
        )
        return {name: value for name, value in zip(KEPT, values, strict=True) if value is not None}


def read_login(values: Callable[[str], Sequence[str]]) -> LoginRequest:
    """Read a login; `values` gives all values of a parameter, of the body if it has any, else of the query.

    Raises Refused: a required one is missing or empty, one stands there twice with different values, one is too long.
    """
    return LoginRequest(
        iss=_one(values, "iss", "missing_iss"),
        login_hint=_one(values, "login_hint", "missing_login_hint"),
        target_link_uri=_one(values, "target_link_uri", "missing_target"),
        message_hint=_optional(values, "lti_message_hint"),
        client_id=_optional(values, "client_id"),
        deployment_id=_optional(values, "lti_deployment_id"),
        is_new_window=bool(_optional(values, NEW_WINDOW)),
        storage_target=_frame(_optional(values, STORAGE_TARGET)),
    )


def _optional(values: Callable[[str], Sequence[str]], name: str) -> str | None:
    found = values(name)
    if len(set(found)) > 1:
        raise Refused("repeated_parameter")
    if not found or found[0] == "":
        return None
    if len(found[0]) > LONGEST or "\x00" in found[0]:
        raise Refused("parameter_too_long")
    return found[0]


def _frame(name: str | None) -> str | None:
    """A name that a frame can have; anything else is as good as none (OL-19)."""
    return name if name is not None and _FRAME.fullmatch(name) else None


def _one(values: Callable[[str], Sequence[str]], name: str, reason: str) -> str:
    found = _optional(values, name)
    if found is None:
        raise Refused(reason)
    return found
