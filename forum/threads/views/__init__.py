"""Pages of discussions."""

from forum.threads.views import moderating, reading, setting_up, writing
from forum.threads.views.opening import blueprint

__all__ = ["blueprint", "moderating", "reading", "setting_up", "writing"]
