"""Brightspace: one audience for all schools (Registration.audience); 403 and 404 may be about one person (passback.rules.answers)."""

from typing import Final

from lti_tool.lms.quirks.quirk import Quirks

NAMES: Final = ("desire2learn", "brightspace", "d2l")
QUIRKS: Final = Quirks()
