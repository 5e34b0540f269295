"""The LMSs that are connected: all of them, and each with its state, its deployments and its settings."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from lti_tool.admin import services
from lti_tool.admin.forms import lines
from lti_tool.admin.rules import is_named
from lti_tool.admin.views.blueprint import blueprint, note, page
from lti_tool.core.assets import ICON
from lti_tool.core.errors import Conflict, Invalid
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import LARGEST_ID, runtime
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Registration
from lti_tool.launch import connecting, operating, role_tables, schools
from lti_tool.launch import registrations as listing
from lti_tool.launch.dry_run import words
from lti_tool.launch.dry_run.walk import walk
from lti_tool.launch.edge import edge_of
from lti_tool.launch.rules.custom import is_history_trusted
from lti_tool.launch.rules.urls import nearly
from lti_tool.lms import key_life

HISTORIES: Final = {"": None, "trusted": True, "ignored": False}
"""What the form says of an LMS's histories."""


def subject(found: Registration) -> str:
    """How the log names a registration."""
    return services.registration_subject(found.id, found.name, found.issuer, found.client_id)


def check_typed(name: str) -> None:
    """Raises Invalid unless the operator has typed the name of what he is about to take away."""
    if not is_named(request.form.get("typed", ""), name):
        raise Invalid(
            _l("What you typed is not the name of it. Nothing was changed."),
            action=_l("Type it exactly as it is shown."),
        )


def _changed(registration_id: int, section: str | None = None) -> Response:
    """Back to the page, at what was changed. Other processes follow within half a minute, this one at once."""
    edge_of(runtime()).registry.forget()
    return redirect(url_for("admin.registration", registration_id=registration_id, _anchor=section), 303)


def _says_at(field: str) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """What a form of the page refuses is said on the page, at this field, and what was typed there stays.

    `{number}` in the field's name is the deployment's.
    """

    def around(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def shown(registration_id: int, **where: int) -> ResponseReturnValue:
            try:
                return view(registration_id, **where)
            except (Invalid, Conflict) as fault:
                told = {field.format(**where): fault.sentences}
                return _page(registration_id, told, request.form), fault.status

        return shown

    return around


@blueprint.get("")
def registrations() -> ResponseReturnValue:
    """All of them, and those whose issuers nearly match."""
    with runtime().database.reading() as session:
        rows = listing.shown(session)
    issuers = sorted({row.issuer for row in rows})
    near = {issuer: meant for issuer in issuers if (meant := nearly(issuer, issuers)) and issuer < meant}
    return page("registrations.html", "admin.registrations", rows=rows, near=near)


@blueprint.get("/registrations/<int:registration_id>")
def registration(registration_id: int) -> ResponseReturnValue:
    """One of them, with all that can be set."""
    return _page(registration_id, {}, {})


def _page(registration_id: int, faults: Mapping[str, str], typed: Mapping[str, Any]) -> str:
    """`faults`: sentences by the field of the form that was refused, with what was typed into that form."""
    with runtime().database.reading() as session:
        found = listing.find(session, registration_id)
        (row,) = listing.shown(session, registration_id)
        deployments = operating.deployments_of(session, registration_id)
        tenants = operating.tenants(session)
        roles = role_tables.roles_of(session, registration_id)
        pinned = [key.kid for key in key_life.listed(session) if registration_id in key.pinned]
    now = runtime().clock.now()
    lms = found.family if found.family in connecting.LMSS else "other"
    return page(
        "registration.html",
        "admin.registrations",
        row=row,
        found=found,
        deployments=deployments,
        schools=[(each.id, each.name) for each in tenants],
        roles=roles,
        pinned=pinned,
        waits_until=found.breaker_until if found.breaker_until and found.breaker_until > now else None,
        families=[("", connecting.LMSS["other"].label), *_families(found.family)],
        ours=[role.value for role in Role],
        histories=next(name for name, chosen in HISTORIES.items() if chosen is found.trusts_history),
        is_usually_trusted=is_history_trusted(found.family),
        paste=connecting.paste_table(lms, runtime().settings.public_url, f"/static/lms/{ICON}"),
        place=connecting.LMSS[lms].place,
        faults=faults,
        typed=typed,
    )


def _families(present: str) -> list[tuple[str, str]]:
    known = [(name, lms.label) for name, lms in connecting.LMSS.items() if name != "other"]
    return known if present in {"", *connecting.LMSS} else [*known, (present, present)]


@blueprint.post("/registrations/<int:registration_id>/dry-run")
def try_out(registration_id: int) -> ResponseReturnValue:
    """Walk through it as `dangke doctor --registration` does. It waits for other servers, and changes nothing there."""
    now = runtime().clock.now()
    verdicts = walk(
        runtime().database,
        edge_of(runtime()).http,
        runtime().keys,
        registration_id=registration_id,
        public_url=runtime().settings.public_url,
        now=now,
    )
    steps = [(words.STEPS[each.step], each.outcome.value, words.what(each), words.mend(each)) for each in verdicts]
    with runtime().database.writing() as session:
        found = listing.find(session, registration_id)
        note(session, "tried_out", now, subject(found))
    return page("dry_run.html", "admin.registrations", found=found, steps=steps)


@blueprint.post("/registrations/<int:registration_id>/on")
def switch_on(registration_id: int) -> ResponseReturnValue:
    """Let launches in again."""
    with runtime().database.writing() as session:
        found = operating.switch(session, registration_id, is_active=True)
        note(session, "switched_on", runtime().clock.now(), subject(found))
    return _changed(registration_id)


@blueprint.post("/registrations/<int:registration_id>/off")
@_says_at("off")
def switch_off(registration_id: int) -> ResponseReturnValue:
    """No launch any more; asks for the typed name."""
    with runtime().database.writing() as session:
        check_typed(listing.find(session, registration_id).name)
        found = operating.switch(session, registration_id, is_active=False)
        note(session, "switched_off", runtime().clock.now(), subject(found))
    return _changed(registration_id)


@blueprint.post("/registrations/<int:registration_id>/deployments")
@_says_at("deployment_id")
def accept_deployment(registration_id: int) -> ResponseReturnValue:
    """Accept one more, by its ID."""
    deployment_id = request.form.get("deployment_id", "").strip()
    with runtime().database.writing() as session:
        found = listing.accept_deployment(session, registration_id, deployment_id)
        note(session, "deployment_accepted", runtime().clock.now(), subject(found), deployment_id)
    return _changed(registration_id, "deployments")


@blueprint.post("/registrations/<int:registration_id>/deployments/<int:number>/on")
def deployment_on(registration_id: int, number: int) -> ResponseReturnValue:
    """Let its launches in again."""
    with runtime().database.writing() as session:
        found = operating.switch_deployment(session, registration_id, number, is_active=True)
        of = listing.find(session, registration_id)
        note(session, "deployment_on", runtime().clock.now(), subject(of), found.deployment_id)
    return _changed(registration_id, "deployments")


@blueprint.post("/registrations/<int:registration_id>/deployments/<int:number>/off")
@_says_at("off-{number}")
def deployment_off(registration_id: int, number: int) -> ResponseReturnValue:
    """No launch from it any more; asks for the typed ID."""
    with runtime().database.writing() as session:
        check_typed(operating.deployment_of(session, registration_id, number).deployment_id)
        found = operating.switch_deployment(session, registration_id, number, is_active=False)
        of = listing.find(session, registration_id)
        note(session, "deployment_off", runtime().clock.now(), subject(of), found.deployment_id)
    return _changed(registration_id, "deployments")


@blueprint.post("/registrations/<int:registration_id>/deployments/<int:number>/move")
@_says_at("move-{number}")
def move_deployment(registration_id: int, number: int) -> ResponseReturnValue:
    """Let it belong to another school, with its courses and people; asks for the typed ID."""
    school = request.form.get("school", type=int) or 0
    with runtime().database.writing() as session:
        check_typed(operating.deployment_of(session, registration_id, number).deployment_id)
        moved = schools.move_deployment(session, registration_id, number, school if 0 < school <= LARGEST_ID else 0)
        detail = (
            f"{moved.deployment_id}: {moved.former} → {moved.school} "
            f"({moved.courses} courses, {moved.members} people, {moved.files} files)"
        )
        of = listing.find(session, registration_id)
        note(session, "deployment_moved", runtime().clock.now(), subject(of), detail)
    return _changed(registration_id, "deployments")


@blueprint.post("/registrations/<int:registration_id>/hosts")
@_says_at("hosts")
def set_hosts(registration_id: int) -> ResponseReturnValue:
    """On which hosts its services may be, besides those of its own addresses."""
    names = lines(request.form.get("hosts", ""))
    with runtime().database.writing() as session:
        before = " ".join(listing.find(session, registration_id).service_hosts)
        found = operating.set_service_hosts(session, registration_id, names)
        note(session, "hosts_set", runtime().clock.now(), subject(found), f"{before} → {' '.join(found.service_hosts)}")
    return _changed(registration_id)


@blueprint.post("/registrations/<int:registration_id>/frames")
@_says_at("origins")
def set_frames(registration_id: int) -> ResponseReturnValue:
    """Who may show our pages in a frame."""
    origins = lines(request.form.get("origins", ""))
    with runtime().database.writing() as session:
        before = " ".join(listing.find(session, registration_id).frame_origins)
        found = operating.set_frame_origins(session, registration_id, origins)
        note(session, "frames_set", runtime().clock.now(), subject(found), f"{before} → {' '.join(origins)}")
    return _changed(registration_id)


@blueprint.post("/registrations/<int:registration_id>/quirks")
@_says_at("audience")
def set_quirks(registration_id: int) -> ResponseReturnValue:
    """Its family, the audience of its token requests, and whether its histories are believed."""
    family, audience = request.form.get("family", ""), request.form.get("audience", "")
    histories = request.form.get("histories", "")
    if histories not in HISTORIES:
        raise Invalid
    with runtime().database.writing() as session:
        found = operating.set_quirks(
            session, registration_id, family=family, audience=audience, trusts_history=HISTORIES[histories]
        )
        note(session, "quirks_set", runtime().clock.now(), subject(found), operating.quirks_of(found))
    return _changed(registration_id)


@blueprint.post("/registrations/<int:registration_id>/roles")
@_says_at("role")
def set_role(registration_id: int) -> ResponseReturnValue:
    """A row of its role table: put in, or taken out where no role of ours is named."""
    name, ours = request.form.get("role", "").strip(), request.form.get("ours", "")
    if ours not in {"", *Role}:
        raise Invalid
    with runtime().database.writing() as session:
        role_tables.set_roles(session, registration_id, {name: Role(ours) if ours else None})
        found = listing.find(session, registration_id)
        note(session, "roles_set", runtime().clock.now(), subject(found), f"{name} = {ours or '-'}")
    return _changed(registration_id)
