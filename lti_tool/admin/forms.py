"""What an operator types into the form of a registration; the rules are those of `dangke register`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from lti_tool.admin.words import FAULTS
from lti_tool.launch.connecting import LMSS
from lti_tool.launch.registrations import RegistrationForm
from lti_tool.launch.rules.platform_configuration import LOOPBACK
from lti_tool.launch.rules.urls import origin

FIELDS: Final = (
    "tenant", "timezone", "name", "issuer", "client_id", "deployment_ids", "auth_url", "token_url", "jwks_url", "audience",
)  # fmt: skip
LONGEST: Final = 2000
DEFAULTS: Final = {"timezone": "Asia/Shanghai"}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was typed; either `form` is there, or `faults` says what to type where ('' is the whole form)."""

    values: Mapping[str, str]
    faults: Mapping[str, Any]
    form: RegistrationForm | None = None


def lines(text: str) -> tuple[str, ...]:
    """What stands on lines of its own, or between commas."""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[\n,]", text) if part.strip()))


def read(sent: Mapping[str, str], lms: str, *, may_hold_demo: bool = False) -> Typed:
    """Check what was sent. Reads files (time zones), so it is called outside transactions.

    `may_hold_demo`: in a demo an LMS on this machine is one where anybody can sign in, and is registered as that.
    """
    values = {name: sent.get(name, DEFAULTS.get(name, "")).strip()[:LONGEST] for name in FIELDS}
    odd = [name for name, value in values.items() if not "".join(lines(value)).isprintable()]
    if odd:
        return Typed(values, {name: FAULTS[name] for name in odd})
    data: dict[str, Any] = dict(values)
    data["deployment_ids"] = lines(values["deployment_ids"])
    data["audience"] = values["audience"] or None
    data["family"] = "" if lms == "other" else lms
    data["is_demo"] = (
        may_hold_demo and bool(origin(values["issuer"])) and urlsplit(values["issuer"]).hostname in LOOPBACK
    )
    try:
        return Typed(values, {}, RegistrationForm(**data))
    except ValidationError as error:
        # Rules that look at several fields have no place of their own: the addresses must be https.
        named = {str(fault["loc"][0]) if fault["loc"] else "auth_url" for fault in error.errors()}
        return Typed(values, {name: FAULTS[name] for name in sorted(named)})


def lms_of(sent: Mapping[str, str]) -> str:
    """The kind of LMS that was chosen."""
    chosen = sent.get("lms", "")
    return chosen if chosen in LMSS else "other"
