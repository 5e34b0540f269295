"""What this storey hands to the application: its blueprint, and the token of its forms."""

from flask import Blueprint

from lti_tool.admin.views import entering, registrations
from lti_tool.admin.views.blueprint import blueprint

VIEWS = (entering, registrations)
"""Importing them has added their routes."""

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
