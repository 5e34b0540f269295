"""Micro-lessons, the course home and learning progress."""
