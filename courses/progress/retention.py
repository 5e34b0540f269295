"""When and where a person last showed signs of life: needed until the next one, and for the sum of its day."""

from courses.progress.models import LearningPointer
from lti_tool.core.retention import Retention

RETENTION = (
    Retention(
        LearningPointer,
        lambda before: LearningPointer.beat_ms < int(before.timestamp() * 1000),
        "keep_pointers_days",
    ),
)
