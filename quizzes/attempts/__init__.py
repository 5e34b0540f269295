"""Attempts: start, clock, answers, handing in, results."""
