"""Pages of attempts: start, runner, autosave, handing in, result, and what the instructor sees."""

from quizzes.attempts.views import follow, result, runner, saving, start
from quizzes.attempts.views.blueprint import blueprint

__all__ = ["blueprint", "follow", "result", "runner", "saving", "start"]
