"""What is said about scores and their columns: to instructors with what to do, to members in calm."""

from lti_tool.passback.words.causes import Words, cause_of, reading_words
from lti_tool.passback.words.columns import column_words
from lti_tool.passback.words.history import for_members, for_staff

__all__ = ["Words", "cause_of", "column_words", "for_members", "for_staff", "reading_words"]
