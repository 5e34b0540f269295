"""Micro-lessons: blocks in versions, the reader, the editor."""
