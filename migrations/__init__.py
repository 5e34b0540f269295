"""Alembic migrations, installed as lti_tool.migrations."""
