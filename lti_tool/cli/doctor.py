"""`dangke doctor`: what is wrong and what to do, line by line; exit code 1 if anything must be mended."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import click
from sqlalchemy import select

from lti_tool.cli import opening
from lti_tool.cli.health import facts, judging
from lti_tool.cli.health.finding import Finding
from lti_tool.cli.keys import secrets_of
from lti_tool.core.clock import SystemClock
from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.errors import DangkeError
from lti_tool.core.http import Http, HttpError, Response
from lti_tool.core.i18n import Language
from lti_tool.core.i18n import gettext as _
from lti_tool.core.i18n.language import speaking
from lti_tool.core.secrets import CannotDecrypt
from lti_tool.identity.models import Registration
from lti_tool.launch.dry_run import words
from lti_tool.launch.dry_run.rules import Outcome
from lti_tool.launch.dry_run.walk import walk
from lti_tool.lms import key_life
from lti_tool.lms.hosts import http_of
from lti_tool.lms.tool_keys import NoToolKey, signing_key
from lti_tool.media.models import File
from lti_tool.media.storage import Storage
from lti_tool.portability import queries

CLOCK_LIMIT_SECONDS = 30


@click.command()
@click.option("--registration", type=int, metavar="N", help="Walk through one registration, step by step.")
@click.option("--language", type=click.Choice([each.value for each in Language]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for monitoring.")
@click.option("--local", is_flag=True, help="Ask no LMS: quick enough for every minute.")
@click.option("--strict", is_flag=True, help="End with 1 for hints too.")
def doctor(registration: int | None, language: str, as_json: bool, local: bool, strict: bool) -> None:
    """Check database, keys, workers, scores on their way, jobs, disks, uploads, clocks, and each platform's addresses.

    Ends with 0 if all is well (hints allowed), 1 if something must be mended, 2 for wrong usage.
    """
    settings = opening.settings()
    if registration is not None:
        with speaking(Language(language)):
            _print(list(try_out(settings, registration)), as_json=as_json, is_strict=strict)
    _print(list(examine(settings, asks_lms=not local)), as_json=as_json, is_strict=strict)


def _print(findings: list[Finding], *, as_json: bool, is_strict: bool) -> None:
    """Print the findings and end the program."""
    bad = sum(not finding.ok or (is_strict and finding.is_hint) for finding in findings)
    if as_json:
        checks = [{"subject": each.subject, "state": each.state, "words": each.words} for each in findings]
        click.echo(json.dumps({"ok": not bad, "checks": checks}, ensure_ascii=False, indent=1))
        raise SystemExit(1 if bad else 0)
    for finding in findings:
        click.echo(f"{finding.mark}  {finding.subject}: {finding.words}")
    if bad:
        click.echo(_("%(bad)s of %(all)s checks need mending.", bad=bad, all=len(findings)))
    else:
        click.echo(_("All %(all)s checks are well.", all=len(findings)))
    raise SystemExit(1 if bad else 0)


def try_out(settings: Settings, registration: int) -> Iterator[Finding]:
    """The dry run of one registration, in the language spoken now."""
    with opening.database_of(settings) as database:
        opening.check_database(database)
        http = http_of(settings, database)
        try:
            verdicts = walk(
                database,
                http,
                secrets_of(settings),
                registration_id=registration,
                public_url=settings.public_url,
                now=SystemClock().now(),
            )
        finally:
            http.close()
    for verdict in verdicts:
        yield Finding(
            str(words.STEPS[verdict.step]),
            verdict.outcome is not Outcome.fault,
            words.told(verdict),
            verdict.outcome is Outcome.hint,
        )


def examine(settings: Settings, *, asks_lms: bool = True) -> Iterator[Finding]:
    """All findings; those that need the database are left out while it is not well."""
    yield Finding("settings", True, f"{settings.env} at {settings.public_url}")
    with opening.database_of(settings) as database:
        try:
            opening.check_database(database)
        except opening.Fault as fault:
            yield Finding("database", False, str(fault))
            return
        yield Finding("database", True, f"{database.url.get_backend_name()}, schema is current")
        yield _registrations(database, settings)
        yield _keys(database, settings)
        yield from _key_life(database, settings)
        yield from _wishes(database)
        yield from judging.judged(facts.read(database, SystemClock().now()), facts.room(settings, database))
        yield _uploads(database, settings)
        with database.reading() as session:
            platforms = session.scalars(
                select(Registration).where(Registration.is_active).order_by(Registration.id)
            ).all()
    if not platforms:
        yield Finding("platforms", True, "none registered yet; `dangke register` adds one")
    if not asks_lms:
        return
    with opening.database_of(settings) as database:
        http = http_of(settings, database)
        try:
            for platform in platforms:
                yield from _platform(http, platform)
        finally:
            http.close()


def _uploads(database: Database, settings: Settings) -> Finding:
    storage = Storage(settings.data_dir)
    with database.reading_core() as connection:
        named = connection.scalars(select(File.sha256).distinct()).all()
    missing = sum(not storage.path(sha256).is_file() for sha256 in named)
    if missing:
        words = f"{missing} of {len(named)} are not in {storage.folder}. Take them from a backup; on several nodes, mount one folder."
        return Finding("uploads", False, words)
    return Finding("uploads", True, f"{len(named)}, all there")


def _registrations(database: Database, settings: Settings) -> Finding:
    try:
        opening.check_registrations(database, settings.env)
    except opening.Fault as fault:
        return Finding("registrations", False, str(fault))
    return Finding("registrations", True, "no demo registration outside a demo")


def _keys(database: Database, settings: Settings) -> Finding:
    try:
        with database.reading_core() as connection:
            kid = signing_key(connection, secrets_of(settings)).kid
    except NoToolKey:
        return Finding("tool key", False, "there is none. Run: dangke migrate")
    except CannotDecrypt:
        words = "DANGKE_SECRET does not open it. Put the former secret into DANGKE_SECRET_PREVIOUS."
        return Finding("tool key", False, words)
    except DangkeError as error:
        return Finding("tool key", False, str(error.message))
    return Finding("tool key", True, f"{kid} signs")


def _key_life(database: Database, settings: Settings) -> Iterator[Finding]:
    """What a change of keys or of the secret has left to do."""
    with database.reading() as session:
        keys = key_life.listed(session)
        old = key_life.outdated(session, secrets_of(settings))
    for key in keys:
        if key.pinned:
            numbers = ", ".join(map(str, key.pinned))
            yield Finding(
                "pinned key", True, f"{key.kid} ({key.state}) signs for registration {numbers}, by value there"
            )
    if old and settings.secret_previous is not None:
        said = f"{len(old)} keys are opened by DANGKE_SECRET_PREVIOUS only. Run: dangke keys rewrap"
        yield Finding("secret", True, said, is_hint=True)


def _wishes(database: Database) -> Iterator[Finding]:
    """Who has asked to be erased waits for somebody."""
    with database.reading_core() as connection:
        waiting = len(queries.wishes(connection))
    if waiting:
        said = f"{waiting} wait to be erased. Open the console's page Persons: dangke admin-link"
        yield Finding("persons", True, said, is_hint=True)


def _platform(http: Http, platform: Registration) -> Iterator[Finding]:
    answer = yield from _asked(f"{platform.name}: key set", lambda: http.get(platform.jwks_url), _key_set_words)
    if answer is not None:
        yield _clock(platform.name, answer)
    # An empty request must be refused in words; that shows that the endpoint is there without spending an assertion.
    yield from _asked(
        f"{platform.name}: token endpoint",
        lambda: http.post(platform.token_url, b"", {"Content-Type": "application/x-www-form-urlencoded"}),
        _token_words,
    )


def _asked(subject: str, ask: Callable[[], Response], judge: Callable[[Response], tuple[bool, str]]) -> Any:
    try:
        answer = ask()
    except HttpError as error:
        yield Finding(subject, False, f"cannot be reached from here ({error}). Check the URL, the firewall and DNS.")
        return None
    ok, words = judge(answer)
    yield Finding(subject, ok, words)
    return answer


def _key_set_words(answer: Response) -> tuple[bool, str]:
    if answer.status != 200:
        return False, f"answered {answer.status}. Check the public keyset URL in the registration."
    try:
        usable = [key for key in answer.json()["keys"] if key.get("kty") == "RSA" and key.get("kid")]
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError):
        return False, "did not answer with a JWK set. Check the public keyset URL in the registration."
    return bool(
        usable
    ), f"{len(usable)} usable keys" if usable else "holds no RSA key with a kid; ask the LMS's people."


def _token_words(answer: Response) -> tuple[bool, str]:
    if answer.status in {400, 401}:
        return True, "answers"
    if answer.status == 404:
        return (
            False,
            "answered 404. Check the URL (Moodle says 404 when it may not fetch our key set: cURL block list).",
        )
    return False, f"answered {answer.status}. Check the access token URL in the registration."


def _clock(name: str, answer: Response) -> Finding:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date") or "")
    except ValueError:
        return Finding(f"{name}: clock", True, "the platform does not say what time it is")
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    drift = abs((SystemClock().now() - theirs).total_seconds())
    words = f"{drift:.0f} s apart"
    if drift > CLOCK_LIMIT_SECONDS:
        words += ". Launches and tokens will be refused; set both clocks by NTP."
    return Finding(f"{name}: clock", drift <= CLOCK_LIMIT_SECONDS, words)
