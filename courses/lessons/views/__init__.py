"""The pages of lessons: the reader with its clock, and the editor."""

from courses.lessons.views import beat, editor, reader, settings
from courses.lessons.views.blueprint import blueprint

__all__ = ["beat", "blueprint", "editor", "reader", "settings"]
