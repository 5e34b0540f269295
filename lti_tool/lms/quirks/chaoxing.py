"""Chaoxing 超星学习通: nothing is public about its services, so it is taken by the book; the code is the one that operators set."""

from typing import Final

from lti_tool.lms.quirks.quirk import Quirks

NAMES: Final = ("chaoxing",)
QUIRKS: Final = Quirks()
