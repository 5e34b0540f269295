"""What this room hands to the application: blueprints, and the tables of `lms` that it stands on."""

from flask import Blueprint

from lti_tool.lms import models
from lti_tool.passback.views import blueprint

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
TABLES = (models.ToolKey, models.AccessToken)
