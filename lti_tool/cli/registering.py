"""`dangke invite`, `register`, `registrations` and `connect`: what an LMS must know of us, and we of it."""

import json
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from lti_tool.cli import opening
from lti_tool.cli.acting import noted, subject
from lti_tool.cli.keys import opened
from lti_tool.core.assets import ICON
from lti_tool.core.clock import SystemClock
from lti_tool.core.config import Settings
from lti_tool.identity.demo import may_hold
from lti_tool.launch import connecting, operating, registrations
from lti_tool.launch.registrations import RegistrationForm
from lti_tool.launch.registrations import register as store
from lti_tool.launch.services import inviting

_QUESTIONS = {
    "tenant": "School (tenant)",
    "name": "Name of the LMS",
    "issuer": "Issuer (platform ID), exactly as the LMS shows it",
    "client_id": "Client ID",
    "auth_url": "Authentication request URL",
    "token_url": "Access token URL",
    "jwks_url": "Public keyset URL",
    "deployment_ids": "Deployment ID",
}
_ICON_PATH = f"/static/lms/{ICON}"


@click.command()
@click.option("--tenant", required=True, help="School that the LMS belongs to; made if there is none of that name.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="Of a new school.")
def invite(tenant: str, timezone: str) -> None:
    """Make a link with which an LMS registers itself (dynamic registration); good once and for 10 minutes."""
    if not tenant.strip():
        raise opening.Fault("The school needs a name: dangke invite --tenant NAME")
    with opened() as (settings, database):
        try:
            RegistrationForm.check_zone(timezone)
        except ValueError:
            raise opening.Fault(f"{timezone} is no time zone. Give a name such as Asia/Shanghai.") from None
        now = SystemClock().now()
        with database.writing() as session:
            secret = inviting.invite(session, tenant, now, timezone)
            noted(session, "invited", now, tenant)
    click.echo(f"{settings.public_url}/lti/register#{secret}")
    click.echo(
        "Give this link to the LMS's administrator now; it is good once and for 10 minutes, and is shown nowhere again.\n"
        'Moodle: Site administration, Plugins, External tool, Manage tools: paste it under "Tool URL", "Add LTI Advantage".',
        err=True,
    )


@click.command()
@click.option(
    "--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON file; else it asks."
)
def register(source: Path | None) -> None:
    """Register an LMS by hand, from a JSON file or by answering questions; then prints what the LMS must be told."""
    with opened() as (settings, database):
        form = _checked(_read(source) if source else _ask())
        if form.is_demo and not may_hold(settings.env):
            raise opening.Fault("A demo registration (is_demo) may only be made with DANGKE_ENV=demo.")
        now = SystemClock().now()
        with database.writing() as session:
            is_known = bool(operating.standing(session, form.issuer, form.client_id).known)
            row = store(session, form, now)
            noted(session, "updated" if is_known else "registered", now, subject(row))
            number, issuer, client_id = row.id, row.issuer, row.client_id
    click.echo(f"Registered {issuer} with client ID {client_id}. Tell the LMS:")
    _print_table(_kind(form.family), settings)
    click.echo("Running web processes learn of it within a minute. Then try it out: ", nl=False)
    click.echo(f"dangke doctor --registration {number}")


@click.command("registrations")
def list_registrations() -> None:
    """List the LMSs that are registered, with the numbers that other commands ask for."""
    with opened() as (_settings, database), database.reading() as session:
        rows = registrations.shown(session)
    if not rows:
        click.echo("None yet. `dangke invite` or `dangke register` adds one.")
    for row in rows:
        state = "off" if not row.is_active else "pending" if row.is_pending else "active"
        last = f"{row.last_launch_at:%Y-%m-%d %H:%M}" if row.last_launch_at else "never"
        click.echo(f"{row.id:4}  {state:8}{row.name} ({row.tenant})  {row.issuer}  client {row.client_id}")
        click.echo(f"      deployments: {', '.join(row.deployments) or 'none yet'}; last launch: {last}")


@click.command()
@click.argument("registration", type=int)
@click.argument("deployment_id")
def deployment(registration: int, deployment_id: str) -> None:
    """Accept a deployment of a registration, by the ID that the LMS shows or that a refused launch has named."""
    with opened() as (_settings, database), database.writing() as session:
        found = registrations.accept_deployment(session, registration, deployment_id)
        noted(session, "deployment_accepted", SystemClock().now(), subject(found), deployment_id)
        name = found.name
    click.echo(
        f"Deployment {deployment_id} of {name} is accepted. Running web processes learn of it at its next launch."
    )


@click.command()
@click.option("--lms", type=click.Choice(sorted(connecting.LMSS)), default="other", show_default=True)
def connect(lms: str) -> None:
    """Print what to copy into an LMS's form, and which of its values to bring back for `dangke register`."""
    settings = opening.settings()
    kind = connecting.LMSS[lms]
    click.echo(f"{kind.label}: {kind.place}")
    _print_table(lms, settings)
    click.echo("Bring back, as registration.json for `dangke register --from registration.json`:")
    wanted = {"tenant": "name of the school", "name": "name of the LMS", **kind.brings}
    shown: dict[str, Any] = {
        name: [f"<{what}>"] if name == "deployment_ids" else f"<{what}>" for name, what in wanted.items()
    }
    click.echo(json.dumps(shown | {"family": "" if lms == "other" else lms}, ensure_ascii=False, indent=2))
    if kind.hint:
        click.echo(str(kind.hint))


def _print_table(lms: str, settings: Settings) -> None:
    for label, value in connecting.paste_table(lms, settings.public_url, _ICON_PATH):
        first, *others = value.split("\n")
        click.echo(f"  {label:38} {first}")
        for line in others:
            click.echo(f"  {'':38} {line}")


def _kind(family: str) -> str:
    return family.lower() if family.lower() in connecting.LMSS else "other"


def _read(source: Path) -> dict[str, Any]:
    try:
        data = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise opening.Fault(f"{source} cannot be read as JSON: {error}") from None
    if not isinstance(data, dict):
        raise opening.Fault(f"{source} must hold one JSON object.")
    return data


def _ask() -> dict[str, Any]:
    answers: dict[str, Any] = {name: click.prompt(text) for name, text in _QUESTIONS.items()}
    answers["deployment_ids"] = [part.strip() for part in answers["deployment_ids"].split(",")]
    return answers


def _checked(data: dict[str, Any]) -> RegistrationForm:
    try:
        return RegistrationForm(**data)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise opening.Fault("This registration cannot be used. " + "; ".join(faults)) from None
