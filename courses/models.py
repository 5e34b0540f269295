"""All tables of this domain: importing this module imports every part's models (migrations need that)."""

from courses.lessons.models import BlockState, Lesson, LessonUse, LessonVersion
from courses.progress.models import LearningPointer, LearningTime

__all__ = ["BlockState", "LearningPointer", "LearningTime", "Lesson", "LessonUse", "LessonVersion"]
