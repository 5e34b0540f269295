"""The schools: each with what it has, made and renamed. A deployment is moved on the page of its connection."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.admin.views.blueprint import blueprint, note, page
from lti_tool.admin.words import FAULTS
from lti_tool.core.web import runtime
from lti_tool.launch import operating, schools
from lti_tool.launch.edge import edge_of
from lti_tool.launch.registrations import RegistrationForm


@blueprint.get("/tenants")
def tenants() -> ResponseReturnValue:
    """The schools."""
    return _page({}, {})


def _page(values: dict[str, str], faults: dict[str, object], renamed: int = 0) -> str:
    """`renamed`: the school whose form the values and faults belong to; 0 for the form of a new one."""
    with runtime().database.reading() as session:
        rows = operating.tenants(session)
    return page("tenants.html", "admin.tenants", rows=rows, values=values, faults=faults, renamed=renamed)


@blueprint.post("/tenants")
def make_tenant() -> ResponseReturnValue:
    """A school without any connection yet, so that a deployment can be moved there."""
    values = {name: request.form.get(name, "").strip()[:200] for name in ("name", "timezone")}
    try:
        RegistrationForm.check_zone(values["timezone"])
    except ValueError:
        return _page(values, {"timezone": FAULTS["timezone"]}), 400
    now = runtime().clock.now()
    try:
        with runtime().database.writing() as session:
            made = schools.make(session, values["name"], values["timezone"])
            note(session, "tenant_made", now, f"{made.id} {made.name}", made.timezone)
    except schools.NameFault as fault:
        return _page(values, {"name": fault.sentences}), fault.status
    return redirect(url_for("admin.tenants"), 303)


@blueprint.post("/tenants/<int:tenant_id>")
def rename_tenant(tenant_id: int) -> ResponseReturnValue:
    """Call it something else: its people read the name on no page, its operators do."""
    values = {"name": request.form.get("name", "").strip()[:200]}
    try:
        with runtime().database.writing() as session:
            former, found = schools.rename(session, tenant_id, values["name"])
            note(
                session, "tenant_renamed", runtime().clock.now(), f"{found.id} {found.name}", f"{former} → {found.name}"
            )
    except schools.NameFault as fault:
        return _page(values, {"name": fault.sentences}, tenant_id), fault.status
    edge_of(runtime()).registry.forget()
    return redirect(url_for("admin.tenants"), 303)
