"""Authors' pages: create, edit, questions, settings."""

from quizzes.papers.views import creating, editing, questions, settings
from quizzes.papers.views.blueprint import blueprint

__all__ = ["blueprint", "creating", "editing", "questions", "settings"]
