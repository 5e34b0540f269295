"""What this storey hands to the application: its blueprint, and the token of its forms."""

from flask import Blueprint

from lti_tool.admin.views import connecting, entering, keys, people, registrations, schools, watching
from lti_tool.admin.views.blueprint import blueprint

VIEWS = (connecting, entering, keys, people, registrations, schools, watching)
"""Importing them has added their routes."""

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
