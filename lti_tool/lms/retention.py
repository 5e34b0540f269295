"""Service tokens go when they are over."""

from lti_tool.core.retention import Retention
from lti_tool.lms.models import AccessToken

RETENTION = (Retention(AccessToken, lambda before: AccessToken.expires_at < before, "keep_ended_hours"),)
