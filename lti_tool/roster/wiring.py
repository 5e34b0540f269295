"""What this room hands to the application: its tables and its jobs."""

from lti_tool.core.jobs import JobKind
from lti_tool.roster import models, reading

TABLES = (models.RosterSync, models.RosterRow)
"""Naming them here means that whoever wires this room has imported its models."""

JOBS: tuple[JobKind, ...] = reading.JOBS
