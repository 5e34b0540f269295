"""Timed quizzes: bank, papers, attempts, marking."""
