"""What we ask an LMS to put into a link's custom parameters: our activity token, and where a copied course comes from.

    activity                    <token>                 written by our deep linking response, or typed by a teacher
    context_id_history          $Context.id.history
    resource_link_id_history    $ResourceLink.id.history
    group_ids                   $Moodle.Person.userGroupIds         where somebody has set it in a Moodle

An LMS leaves a variable that it does not know as it is written, so a value that begins with `$` counts as absent (CT-06).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

HISTORY: Final[Mapping[str, str]] = {
    "context_id_history": "$Context.id.history",
    "resource_link_id_history": "$ResourceLink.id.history",
}
"""What every link of ours carries, so that its copy says where it comes from."""
CONTEXT_HISTORY: Final = frozenset({"context_id_history", "context_history"})
LINK_HISTORY: Final = frozenset({"resource_link_id_history", "resource_link_history"})
SUBSTITUTING: Final = frozenset({
    "moodle", "canvas", "blackboard", "blackboardlearn", "brightspace", "desire2learn", "sakai", "dangke-demo",
})  # fmt: skip
"""Families of LMSs that fill histories in themselves, where the parameters of the tool are set by an administrator.

Not among them: Open edX, where the author of a course types all parameters, and whatever we do not know.
"""
MOST_ANCESTORS: Final = 20
LONGEST_ID: Final = 255
MOST_GROUPS: Final = 50
MOST_GROUPS_LENGTH: Final = 1000
_TOKEN = re.compile(r"[0-9a-f]{32}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Custom:
    """Our own parameters of a launch."""

    activity_token: str | None = None
    context_history: tuple[str, ...] = ()
    """Ids of the courses that this one was copied from, the latest copy first."""
    link_history: tuple[str, ...] = ()
    """Ids of the links that this one was copied from, the latest copy first."""
    groups: tuple[str, ...] | None = None
    """Ids of the groups that the person is in; None: the launch does not say."""


def read_custom(claim: object) -> Custom:
    """Our parameters, whatever case the LMS gave their names (CP-06); whatever is odd in them is absent (CP-01)."""
    token: str | None = None
    contexts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    for name, value in claim.items() if isinstance(claim, dict) else ():
        if not isinstance(name, str) or not isinstance(value, str):
            continue
        match name.lower():
            case "activity" if _TOKEN.fullmatch(value.strip()):
                token = token or value.strip()
            case ours if ours in CONTEXT_HISTORY:
                contexts = contexts or history(value)
            case ours if ours in LINK_HISTORY:
                links = links or history(value)
            case "group_ids" if not value.startswith("$"):
                groups = group_ids(value)
    return Custom(token, contexts, links, groups)


def group_ids(value: str) -> tuple[str, ...]:
    """Ids with commas between them, each once and in one order; at most 50, and 1,000 characters in all."""
    found = sorted({part.strip() for part in value[:MOST_GROUPS_LENGTH].split(",")} - {""})
    return tuple(each for each in found if len(each) <= LONGEST_ID and not _UNSTORABLE.search(each))[:MOST_GROUPS]


def is_history_trusted(family: str, chosen: bool | None = None) -> bool:
    """Whether a history is the LMS's own word; where a teacher could have typed it, it would open anybody's course.

    `chosen` is what the operator has said of this registration; None leaves it to what is known of the family.
    """
    return family.strip().lower() in SUBSTITUTING if chosen is None else chosen


def history(value: str) -> tuple[str, ...]:
    """The ids of a history: separated by commas and URL-encoded (LTI 1.3 Core, appendix B), the latest first.

    Variables that were not replaced, empty parts and what cannot be an id are left out; at most 20 are read.
    """
    found: dict[str, None] = {}
    for part in value[: MOST_ANCESTORS * LONGEST_ID].split(","):
        each = unquote(part.strip())
        if each and not each.startswith("$") and len(each) <= LONGEST_ID and not _UNSTORABLE.search(each):
            found[each] = None
    return tuple(found)[:MOST_ANCESTORS]
