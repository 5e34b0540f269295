"""What this storey hands to the application: its table."""

from lti_tool.portability.models import Erasure

TABLES = (Erasure,)
"""Naming them here means that whoever wires this storey has imported its models."""
