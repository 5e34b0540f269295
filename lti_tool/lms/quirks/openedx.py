"""Open edX: 403 to a token that has ended (lms.connector, TO-11); columns need resourceId and a whole scoreMaximum, as all get."""

from typing import Final

from lti_tool.lms.quirks.quirk import Quirks

NAMES: Final = ("open edx", "openedx", "edx")
QUIRKS: Final = Quirks()
