"""Dangke: micro-lessons, timed quizzes and discussions for online party courses, as an LTI 1.3 Advantage tool."""

__version__ = "0.1.0"
