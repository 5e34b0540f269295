"""All tables of the quizzes."""

from quizzes.attempts.models import Answer, Attempt
from quizzes.bank.models import Question, QuestionVersion
from quizzes.papers.models import Quiz, QuizUse, QuizVersion

__all__ = ["Answer", "Attempt", "Question", "QuestionVersion", "Quiz", "QuizUse", "QuizVersion"]
