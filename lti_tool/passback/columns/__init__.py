"""Columns of the LMS: found or made while scores wait for them; ours follow their activities."""

from lti_tool.passback.columns.following import follow
from lti_tool.passback.columns.looking import EVERY, look

__all__ = ["EVERY", "follow", "look"]
