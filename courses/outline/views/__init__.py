"""The pages of the course home: for members, for staff, the members' progress, the tools."""

from courses.outline.views import home, members, tools
from courses.outline.views.blueprint import blueprint

__all__ = ["blueprint", "home", "members", "tools"]
