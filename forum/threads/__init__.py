"""Threads and posts of a discussion, and what of them meets its criteria."""
