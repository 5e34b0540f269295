"""Columns of the LMS: found or made while scores wait for them; ours follow their activities; what nobody needs is taken back."""

from lti_tool.passback.columns.following import follow
from lti_tool.passback.columns.looking import EVERY, look
from lti_tool.passback.columns.orphans import take_back

__all__ = ["EVERY", "follow", "look", "take_back"]
