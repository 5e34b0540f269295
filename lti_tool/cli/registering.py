"""`dangke register` and `dangke keys`: what an LMS must know of us, and we of it."""

import json
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives import serialization
from jwt import PyJWK
from pydantic import ValidationError
from sqlalchemy import select

from lti_tool.cli import opening
from lti_tool.core.assets import ICON
from lti_tool.core.clock import SystemClock
from lti_tool.identity.demo import may_hold
from lti_tool.launch.registrations import RegistrationForm
from lti_tool.launch.registrations import register as store
from lti_tool.lms.models import ToolKey

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


@click.command()
@click.option(
    "--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON file; else it asks."
)
def register(source: Path | None) -> None:
    """Register an LMS, from a JSON file or by answering questions; then prints what the LMS must be told."""
    settings = opening.settings()
    with opening.database_of(settings) as database:
        opening.check_database(database)
        form = _checked(_read(source) if source else _ask())
        if form.is_demo and not may_hold(settings.env):
            raise opening.Fault("A demo registration (is_demo) may only be made with DANGKE_ENV=demo.")
        with database.writing() as session:
            row = store(session, form, SystemClock().now())
            issuer, client_id = row.issuer, row.client_id
    tool = settings.public_url
    click.echo(f"Registered {issuer} with client ID {client_id}. Tell the LMS:")
    for label, value in (
        ("Tool URL and launch URL", f"{tool}/lti/launch"),
        ("Initiate login URL", f"{tool}/lti/login"),
        ("Redirection URI", f"{tool}/lti/launch"),
        ("Public keyset URL", f"{tool}/lti/jwks.json"),
        ("Content selection (deep linking) URL", f"{tool}/lti/launch"),
        ("Icon URL", f"{tool}/static/lms/{ICON}"),
    ):
        click.echo(f"  {label:38} {value}")
    click.echo("Running web processes learn of it within a minute.")


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


@click.command()
@click.option(
    "--pem", metavar="KID", help="Print the public key for an LMS that stores it by value (Moodle 'RSA key')."
)
def keys(pem: str | None) -> None:
    """List the tool's keys, or print one public key."""
    with opening.database_of(opening.settings()) as database:
        opening.check_database(database)
        with database.reading() as session:
            rows = session.execute(select(ToolKey.kid, ToolKey.state, ToolKey.created_at, ToolKey.public)).all()
    if pem is None:
        for row in rows:
            click.echo(f"{row.kid}  {row.state:10} since {row.created_at:%Y-%m-%d}")
        return
    public = next((row.public for row in rows if row.kid == pem), None)
    if public is None:
        raise opening.Fault(f"There is no key {pem}. `dangke keys` lists them.")
    key: Any = PyJWK.from_dict(public).key
    click.echo(
        key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(), nl=False
    )
