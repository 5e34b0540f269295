"""Tables that are joined in the same way again and again, for `select_from`."""

from sqlalchemy.orm import join

from lti_tool.identity.models import Context, Deployment
from lti_tool.ledger.models import LineItem, Placement

_PLACED = join(LineItem, Placement, Placement.id == LineItem.placement_id)
_IN_COURSE = join(_PLACED, Context, Context.id == Placement.context_id)
COLUMNS_TO_DEPLOYMENTS = join(_IN_COURSE, Deployment, Deployment.id == Context.deployment_id)
"""Columns of gradebooks with the link, the course and the deployment that they stand in; its registration is the LMS."""
