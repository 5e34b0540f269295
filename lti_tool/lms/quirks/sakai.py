"""Sakai: nothing known that differs for grades."""

from typing import Final

from lti_tool.lms.quirks.quirk import Quirks

NAMES: Final = ("sakai",)
QUIRKS: Final = Quirks()
