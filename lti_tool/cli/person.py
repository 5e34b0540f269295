"""`dangke person`: what is stored on somebody, by the number that his LMS gives him."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from lti_tool.cli import opening
from lti_tool.cli.acting import account
from lti_tool.core.web import Runtime
from lti_tool.identity.keeping import Person
from lti_tool.portability import archive, erasing, queries, services

NOBODY = 3
"""Exit code: nothing is stored on such a person."""

_registration = click.option(
    "--registration", type=int, required=True, help="Its number; `dangke registrations` lists them."
)
_sub = click.option("--sub", required=True, help="The person's number, exactly as the LMS gives it.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@contextlib.contextmanager
def _running() -> Iterator[Runtime]:
    from lti_tool.app import build_runtime

    runtime = build_runtime(opening.settings())
    try:
        opening.check_database(runtime.database)
        yield runtime
    finally:
        runtime.database.dispose()


def _find(runtime: Runtime, registration: int, sub: str) -> Person:
    with runtime.database.reading_core() as connection:
        found = queries.find(connection, registration, sub)
    if found is None:
        click.echo("Nothing is stored on a person of this number at this registration.", err=True)
        raise click.exceptions.Exit(NOBODY)
    return found


def _collect(runtime: Runtime, found: Person) -> list[queries.Kept]:
    with runtime.database.reading_core() as connection:
        return queries.collect(connection, runtime.keepers, found.member_id, runtime.clock.now())


def _note(runtime: Runtime, found: Person, action: str) -> None:
    with runtime.database.writing_core() as connection:
        services.note(connection, name=account(), action=action, person=found, now=runtime.clock.now())


@click.group("person")
def person() -> None:
    """Show, export or erase what is stored on a person; exit code 3 if that is nothing."""


@person.command("show")
@_registration
@_sub
def show(registration: int, sub: str) -> None:
    """Say how many records there are of which kind."""
    with _running() as runtime:
        found = _find(runtime, registration, sub)
        kept = _collect(runtime, found)
        _note(runtime, found, "person_seen")
    click.echo(f"{found.name}  (member {found.member_id})")
    for part in kept:
        for sheet in part.sheets:
            if sheet.rows:
                click.echo(f"{len(sheet.rows):8}  {sheet.name:18} {sheet.title}")


@person.command("export")
@_registration
@_sub
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=archive.NAME, show_default=True)
def export(registration: int, sub: str, out: Path) -> None:
    """Write one archive: JSON, a page to read, tables, uploads."""
    with _running() as runtime:
        found = _find(runtime, registration, sub)
        kept = _collect(runtime, found)
        _note(runtime, found, "person_exported")
        with archive.build(kept, runtime.settings.data_dir, runtime.clock.now()) as file:
            try:
                # Nobody else on this machine may read it, and what is there already is kept.
                descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as target:
                    shutil.copyfileobj(file, target)
            except OSError as error:
                raise opening.Fault(
                    f"{out} cannot be written: {error.strerror}. Say --out with another name."
                ) from None
    click.echo(f"{out} holds what is stored. Give it to nobody but the person.")


@person.command("erase")
@_registration
@_sub
@_yes
@click.option("--keep-posts", is_flag=True, help="What was written in discussions stays, without the name.")
def erase(registration: int, sub: str, yes: bool, keep_posts: bool) -> None:
    """Erase for good; asks for the number once more. A mark keeps rosters from bringing the name back."""
    with _running() as runtime:
        found = _find(runtime, registration, sub)
        if not yes and click.prompt("This cannot be undone. Type the number once more") != sub:
            raise opening.Fault("That is another number. Nothing was erased.")
        erasing.start(
            runtime,
            found,
            keeps_posts=keep_posts,
            also=lambda connection: services.note(
                connection, name=account(), action="person_erased", person=found, now=runtime.clock.now()
            ),
        )
        erasing.go_on(runtime, found.member_id, lambda: True)
    click.echo(
        "Erased. The worker looks once more in five minutes, for what was on its way. Old backups still hold it."
    )


@person.command("purge-tests")
@_registration
@_yes
def purge_tests(registration: int, yes: bool) -> None:
    """Erase the LMS's test users with all their work."""
    with _running() as runtime:
        done = 0
        while found := _testers(runtime, registration):
            if not done and not yes:
                click.confirm("This cannot be undone. Erase the test users with all their work?", abort=True)
            for each in found:
                _purge(runtime, each)
            done += len(found)
    click.echo(f"{done} test users were erased.")


def _testers(runtime: Runtime, registration: int) -> list[Person]:
    with runtime.database.reading_core() as connection:
        return queries.lms_test_users(connection, registration_id=registration)


def _purge(runtime: Runtime, found: Person) -> None:
    erasing.start(runtime, found, leaves_trail=False)
    _note(runtime, found, "test_user_erased")
    erasing.go_on(runtime, found.member_id, lambda: True)
