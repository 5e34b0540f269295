"""Moodle (seen at 4.5.6)."""

from typing import Final

from lti_tool.lms.quirks.quirk import Quirks

NAMES: Final = ("moodle",)
QUIRKS: Final = Quirks(teacher_allows_columns=True, score_erases_comment=True, ids_are_numbers=True)
