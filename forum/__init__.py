"""Discussions: threads, posts, moderation."""
