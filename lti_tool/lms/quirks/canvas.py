"""Canvas. Each score makes a submission unless told otherwise, and each comment is added to those that are there.

We send no comments of our own, so none is repeated. `new_submission` is Canvas's extension of a score (its API
documentation, "Score"): without it each regrade would use up one of the member's attempts.
"""

from types import MappingProxyType
from typing import Final

from lti_tool.lms.quirks.quirk import Quirks

NAMES: Final = ("canvas",)
QUIRKS: Final = Quirks(
    regrade=MappingProxyType({"https://canvas.instructure.com/lti/submission": {"new_submission": False}})
)
