"""`dangke keys`: our key pairs through their life, and the secret that keeps them."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
from cryptography.hazmat.primitives import serialization
from jwt import PyJWK
from sqlalchemy.orm import Session

from lti_tool.cli import opening
from lti_tool.cli.acting import noted, subject
from lti_tool.core.clock import SystemClock
from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.secrets import CannotDecrypt, Keys
from lti_tool.launch.registrations import find
from lti_tool.lms import key_life, tool_keys
from lti_tool.lms.rules import KeyState, endable_at, usable_at

_URGENT = click.option("--urgent", is_flag=True, help="The key has leaked: do not wait.")


@contextlib.contextmanager
def opened() -> Iterator[tuple[Settings, Database]]:
    """Settings and a database that has this program's schema. Raises Fault."""
    settings = opening.settings()
    with opening.database_of(settings) as database:
        opening.check_database(database)
        yield settings, database


def secrets_of(settings: Settings) -> Keys:
    """The keys that the settings' secrets give."""
    previous = settings.secret_previous
    return Keys(settings.secret.get_secret_value(), previous.get_secret_value() if previous else None)


@click.group(invoke_without_command=True)
@click.option("--pem", metavar="KID", help="The same as `dangke keys pem KID`.")
@click.pass_context
def keys(context: click.Context, pem: str | None) -> None:
    """List the tool's keys, or take one a step further: announce, activate, retire, destroy."""
    if pem is not None:
        _print_pem(pem)
    elif context.invoked_subcommand is None:
        _list()


def _list() -> None:
    with opened() as (_settings, database), database.reading() as session:
        rows = key_life.listed(session)
    for row in rows:
        line = f"{row.kid}  {row.state:10} since {row.changed_at:%Y-%m-%d %H:%M} UTC"
        if row.state is KeyState.announced:
            line += f"  may sign from {usable_at(row.changed_at):%Y-%m-%d %H:%M}"
        if row.state is KeyState.retired and not row.pinned:
            line += f"  may be destroyed from {endable_at(row.changed_at):%Y-%m-%d %H:%M}"
        if row.pinned:
            line += f"  pinned by registration {', '.join(map(str, row.pinned))}"
        click.echo(line)


@keys.command("announce")
def announce() -> None:
    """Make a key and publish it; it signs when it is activated, 24 hours later at the earliest."""
    with opened() as (settings, database):
        now = SystemClock().now()
        made = tool_keys.new_key(secrets_of(settings), now)
        with database.writing() as session:
            kid = key_life.announce(session, made)
            noted(session, "key_announced", now, kid)
    click.echo(f"{kid} is announced. From {usable_at(now):%Y-%m-%d %H:%M} UTC on: dangke keys activate {kid}")


@keys.command("activate")
@click.argument("kid")
@_URGENT
def activate(kid: str, urgent: bool) -> None:
    """Sign with an announced key from now on; the former one is retired and stays published."""
    with _step() as (session, now):
        key_life.activate(session, kid, now, is_urgent=urgent)
        noted(session, "key_activated", now, kid, _haste(urgent))
    click.echo(f"{kid} signs from now on.")


@keys.command("retire")
@click.argument("kid")
def retire(kid: str) -> None:
    """Take an announced key back; the active one is retired by activating another."""
    with _step() as (session, now):
        key_life.retire(session, kid, now)
        noted(session, "key_retired", now, kid)
    click.echo(f"{kid} is retired.")


@keys.command("destroy")
@click.argument("kid")
@_URGENT
def destroy(kid: str, urgent: bool) -> None:
    """Delete the private half of a retired key and publish it no longer."""
    with _step() as (session, now):
        key_life.destroy(session, kid, now, is_urgent=urgent)
        noted(session, "key_destroyed", now, kid, _haste(urgent))
    click.echo(f"{kid} is destroyed.")


@keys.command("pin")
@click.argument("registration", type=int)
@click.argument("kid", required=False)
def pin(registration: int, kid: str | None) -> None:
    """Sign for a registration with this key only, because its LMS keeps our public key by value (Moodle's "RSA key")."""
    with _step() as (session, now):
        used = key_life.pin(session, registration, kid, now)
        noted(session, "key_pinned", now, subject(find(session, registration)), used)
    click.echo(f"Registration {registration} is signed for with {used} until `dangke keys unpin {registration}`.")


@keys.command("unpin")
@click.argument("registration", type=int)
def unpin(registration: int) -> None:
    """Sign for a registration with the active key again."""
    with _step() as (session, now):
        if not key_life.unpin(session, registration):
            raise opening.Fault(f"Registration {registration} is not pinned. `dangke keys` shows which are.")
        noted(session, "key_unpinned", now, subject(find(session, registration)))
    click.echo(f"Registration {registration} is signed for with the active key.")


@keys.command("pem")
@click.argument("kid")
def pem_of(kid: str) -> None:
    """Print a public key for an LMS that stores it by value; then pin that registration to it."""
    _print_pem(kid)


@keys.command("rewrap")
def rewrap() -> None:
    """Encrypt keys and tokens anew with DANGKE_SECRET, so that DANGKE_SECRET_PREVIOUS may go."""
    with opened() as (settings, database):
        try:
            with database.writing() as session:
                done = key_life.rewrap(session, secrets_of(settings))
                noted(session, "keys_rewrapped", SystemClock().now(), "", f"{done.keys} keys, {done.tokens} tokens")
        except CannotDecrypt:
            raise opening.Fault(
                "A key is opened by neither secret, so nothing was changed. Put the former secret into "
                "DANGKE_SECRET_PREVIOUS, or announce and activate a new key with --urgent."
            ) from None
    click.echo(
        f"Encrypted anew: {done.keys} keys, {done.tokens} tokens; {done.dropped} tokens dropped. "
        "DANGKE_SECRET_PREVIOUS may be taken out now."
    )


@contextlib.contextmanager
def _step() -> Iterator[tuple[Session, datetime]]:
    with opened() as (_settings, database), database.writing() as session:
        yield session, SystemClock().now()


def _haste(urgent: bool) -> str:
    return "urgent" if urgent else ""


def _print_pem(kid: str) -> None:
    with opened() as (_settings, database), database.reading() as session:
        rows = key_life.listed(session)
    public = next((row.public for row in rows if row.kid == kid and row.state is not KeyState.destroyed), None)
    if public is None:
        raise opening.Fault(f"There is no key {kid}. `dangke keys` lists them.")
    key: Any = PyJWK.from_dict(public).key
    click.echo(
        key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(), nl=False
    )
