"""Pages of discussions."""

from forum.threads.views import creating, moderating, reading, setting_up, writing
from forum.threads.views.opening import blueprint

__all__ = ["blueprint", "creating", "moderating", "reading", "setting_up", "writing"]
