"""What a column that cannot be used means, and which box is to be ticked where: by what is known of each LMS.

What is said of an LMS stands in docs/connect/<lms>.md with its source; of one that nobody has tried, nothing is invented.
"""

from types import MappingProxyType
from typing import Final

from lti_tool.core.i18n import LazyText
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.lms.quirks import name_of
from lti_tool.passback.words.causes import CAUSES, Words

_OPEN_ONCE = _l("Allow grades in the settings of the activity there and open it once; all grades follow then.")
COLUMNS: Final = {
    "not_allowed": Words(_l("The LMS has no column for this activity yet."), _OPEN_ONCE),
    "no_service": Words(_l("The LMS offers no grades for this activity."), _OPEN_ONCE),
    "gone": CAUSES["column_gone"],
    "no_scope": CAUSES["no_scope"],
}
"""By LineItem.cause, where nothing more is known of the LMS."""

_EDX = _l(
    "In Studio: edit the LTI component, set “Scored” to True and “LTI Assignment and Grades Service” to “Programmatic”, "
    "save, then open the activity once."
)
_CANVAS_KEY = _l(
    "In Canvas, the administrator: Developer Keys, this tool's key, “LTI Advantage Services”, switch on all of assignments "
    "and grades; then open the activity once."
)
_MOODLE_TOOL = _l(
    "In Moodle, the administrator: the tool's configuration, “IMS LTI Assignment and Grade Services”, choose “Use this "
    "service for grade sync and column management”; then open the activity once."
)
_BLACKBOARD_TOOL = _l(
    "In Blackboard, the administrator: LTI Tool Providers, this tool, set “Allow grade service access” to yes; then open "
    "the activity once."
)
_BRIGHTSPACE_TOOL = _l(
    "In Brightspace, the administrator: LTI Advantage, this tool, switch on the extension “Assignment and Grade Services” in "
    "the registration and in the deployment; then open the activity once."
)
_CHAOXING = _l(
    "Where this is switched on in Chaoxing is not public. Ask the school's Chaoxing contact to allow this tool to send grades "
    "(LTI Advantage AGS: lineitem, lineitem.readonly, result.readonly, score); then open the activity once."
)
ACTIONS: Final = MappingProxyType(
    {
        "moodle": {
            "not_allowed": _l(
                "In Moodle: open the activity's settings, tick “Allow … to add grades in the gradebook”, save, then open the "
                "activity once. If there is no such box, the administrator sets “Accept grades from the tool” to “Delegate to "
                "teacher” or “Always” in the tool's configuration."
            ),
            "no_service": _MOODLE_TOOL,
            "no_scope": _MOODLE_TOOL,
        },
        "canvas": {
            "not_allowed": _l(
                "In Canvas: add an assignment with the submission type “External Tool” and choose this tool there; then open "
                "it once. A link in a module alone may have no column."
            ),
            "no_service": _CANVAS_KEY,
            "no_scope": _CANVAS_KEY,
        },
        "openedx": {"not_allowed": _EDX, "no_service": _EDX, "no_scope": _EDX},
        "blackboard": {"no_service": _BLACKBOARD_TOOL, "no_scope": _BLACKBOARD_TOOL},
        "brightspace": {"no_service": _BRIGHTSPACE_TOOL, "no_scope": _BRIGHTSPACE_TOOL},
        "chaoxing": {"not_allowed": _CHAOXING, "no_service": _CHAOXING, "no_scope": _CHAOXING},
    }
)
"""By the name of the LMS (lms.quirks.name_of) and LineItem.cause; what is not here is said as for any LMS."""


def column_words(cause: str, family: str) -> Words:
    """The words for a column that cannot be used, in an LMS of this product family code."""
    known = COLUMNS.get(cause, COLUMNS["not_allowed"])
    action: LazyText | None = ACTIONS.get(name_of(family), {}).get(cause)
    return known if action is None else Words(known.happened, action)
