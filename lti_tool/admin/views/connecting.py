"""New connections: an invitation for an LMS's administrator, or a registration by hand."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.admin import forms
from lti_tool.admin.views.blueprint import blueprint, note, page
from lti_tool.admin.views.registrations import subject
from lti_tool.admin.words import FAULTS
from lti_tool.core.assets import ICON
from lti_tool.core.text import clean_line
from lti_tool.core.web import runtime
from lti_tool.identity.demo import may_hold
from lti_tool.launch import connecting, operating
from lti_tool.launch import registrations as listing
from lti_tool.launch.edge import edge_of
from lti_tool.launch.registrations import RegistrationForm
from lti_tool.launch.services import inviting


@blueprint.get("/connect")
def connect() -> ResponseReturnValue:
    """The form of an invitation."""
    return _invite_page({}, {})


def _invite_page(values: dict[str, str], faults: dict[str, object]) -> str:
    with runtime().database.reading() as session:
        schools = [each.name for each in operating.tenants(session)]
    return page("connect.html", "admin.connect", values=values, faults=faults, schools=schools)


@blueprint.post("/connect")
def invite() -> ResponseReturnValue:
    """Make an invitation as `dangke invite` does, and show its link this once."""
    tenant = clean_line(request.form.get("tenant", ""), 200)
    timezone = request.form.get("timezone", "").strip()
    faults: dict[str, object] = {} if tenant else {"tenant": FAULTS["tenant"]}
    try:
        RegistrationForm.check_zone(timezone)
    except ValueError:
        faults["timezone"] = FAULTS["timezone"]
    if faults:
        return _invite_page({"tenant": tenant, "timezone": timezone}, faults), 400
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        secret = inviting.invite(session, tenant, now, timezone)
        note(session, "invited", now, tenant)
    link = f"{runtime().settings.public_url}{url_for('launch.register')}#{secret}"
    return page("invited.html", "admin.connect", link=link, tenant=tenant)


@blueprint.get("/connect/by-hand")
def by_hand() -> ResponseReturnValue:
    """What to paste into the LMS, and the form of what to bring back."""
    return _form_page(forms.Typed(dict.fromkeys(forms.FIELDS, "") | forms.DEFAULTS, {}), forms.lms_of(request.args))


def _form_page(typed: forms.Typed, lms: str, standing: operating.Standing | None = None) -> str:
    kind = connecting.LMSS[lms]
    return page(
        "by_hand.html",
        "admin.connect",
        typed=typed,
        lms=lms,
        kind=kind,
        kinds=[(name, each.label) for name, each in connecting.LMSS.items()],
        paste=connecting.paste_table(lms, runtime().settings.public_url, f"/static/lms/{ICON}"),
        standing=standing,
    )


@blueprint.post("/connect/by-hand")
def register() -> ResponseReturnValue:
    """Register as `dangke register` does; where it is there already, or nearly (OL-13), only after a second look."""
    lms = forms.lms_of(request.form)
    typed = forms.read(request.form, lms, may_hold_demo=may_hold(runtime().settings.env))
    if typed.form is None:
        return _form_page(typed, lms), 400
    with runtime().database.reading() as session:
        standing = operating.standing(session, typed.form.issuer, typed.form.client_id)
    if (standing.known or standing.nearly) and request.form.get("looked") != "yes":
        return _form_page(typed, lms, standing), 409
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        row = listing.register(session, typed.form, now)
        note(session, "updated" if standing.known else "registered", now, subject(row))
        number = row.id
    edge_of(runtime()).registry.forget()
    return redirect(url_for("admin.registration", registration_id=number), 303)
