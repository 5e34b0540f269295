"""Quizzes: ordered questions with points, settings, and their authors' pages."""
