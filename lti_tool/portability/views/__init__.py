"""The routes under `/data`."""

from lti_tool.portability.views import named, own, testing
from lti_tool.portability.views.blueprint import blueprint

VIEWS = (named, own, testing)
"""Importing them has added their routes."""

__all__ = ["VIEWS", "blueprint"]
