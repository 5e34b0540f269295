"""What this room hands to the application: blueprints, and the tables of `lms` that it stands on."""

from flask import Blueprint

from lti_tool.core.jobs import JobKind
from lti_tool.lms import models
from lti_tool.passback import rest
from lti_tool.passback.reconciler import jobs
from lti_tool.passback.views import blueprint

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
JOBS: tuple[JobKind, ...] = (*jobs.JOBS, *rest.JOBS)
TABLES = (models.ToolKey, models.AccessToken)
