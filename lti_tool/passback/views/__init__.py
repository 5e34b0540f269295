"""The pages of scores: of an activity, of one score, of one's own; and what is done there."""

from lti_tool.passback.views import acting, activity, mine, score
from lti_tool.passback.views.blueprint import blueprint

__all__ = ["acting", "activity", "blueprint", "mine", "score"]
