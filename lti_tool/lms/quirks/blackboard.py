"""Blackboard Learn: refuses who is not enrolled with 400 and words of its own (passback.rules.answers)."""

from typing import Final

from lti_tool.lms.quirks.quirk import Quirks

NAMES: Final = ("blackboardlearn", "blackboard")
QUIRKS: Final = Quirks()
