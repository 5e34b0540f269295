"""Who is in a course, and in which groups: for those who follow it; changed by those who may author."""

from lti_tool.roster.views import groups, members
from lti_tool.roster.views.blueprint import blueprint

__all__ = ["blueprint", "groups", "members"]
