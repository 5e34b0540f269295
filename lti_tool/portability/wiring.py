"""What this storey hands to the application: its routes, its table and its job."""

from flask import Blueprint

from lti_tool.core.jobs import JobKind
from lti_tool.portability import erasing, views
from lti_tool.portability.models import Erasure

TABLES = (Erasure,)
"""Naming them here means that whoever wires this storey has imported its models."""

BLUEPRINTS: tuple[Blueprint, ...] = (views.blueprint,)

JOBS: tuple[JobKind, ...] = (erasing.JOB,)
