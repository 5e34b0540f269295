"""The LMSs that are connected: all of them, and each with its state, its deployments and its settings."""

from flask.typing import ResponseReturnValue

from lti_tool.admin.views.blueprint import blueprint, page
from lti_tool.core.web import runtime
from lti_tool.launch import registrations as listing
from lti_tool.launch.rules.urls import nearly


@blueprint.get("")
def registrations() -> ResponseReturnValue:
    """All of them, and those whose issuers nearly match, by school."""
    with runtime().database.reading() as session:
        rows = listing.shown(session)
    issuers = {row.issuer for row in rows}
    near = {issuer: meant for issuer in sorted(issuers) if (meant := nearly(issuer, sorted(issuers)))}
    return page("registrations.html", "admin.registrations", rows=rows, near=near)
