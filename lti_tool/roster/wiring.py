"""What this room hands to the application: its tables, pages, jobs and sweep."""

from flask import Blueprint

from lti_tool.core.jobs import JobKind
from lti_tool.ledger.kinds import Sweep
from lti_tool.roster import models, reading
from lti_tool.roster.groups import launches
from lti_tool.roster.views import blueprint

TABLES = (models.RosterSync, models.RosterRow)
"""Naming them here means that whoever wires this room has imported its models."""

JOBS: tuple[JobKind, ...] = reading.JOBS
SWEEPS: tuple[Sweep, ...] = (launches.SWEEP,)
BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
