"""The two commands. The database goes first: an upload that it names was there before, and uploads are never changed."""

import contextlib
import errno
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from lti_tool import __version__
from lti_tool.cli import opening
from lti_tool.cli.acting import noted
from lti_tool.cli.backup import engines, places
from lti_tool.cli.backup import manifest as manifests
from lti_tool.cli.backup.manifest import Manifest
from lti_tool.cli.keys import secrets_of
from lti_tool.cli.opening import Fault
from lti_tool.core import schema
from lti_tool.core.clock import SystemClock
from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.secrets import CannotDecrypt
from lti_tool.lms.tool_keys import NoToolKey, signing_key
from lti_tool.media.storage import Storage

NOT_IN_IT = "Not in it: DANGKE_SECRET and the other settings. Without the secret nobody can use the keys in it; keep it elsewhere."


@click.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE.tar|DIR")
def backup(target: Path) -> None:
    """Copy database and uploads into a new folder, or a file FILE.tar, while the tool runs.

    The copy is of one moment. DANGKE_SECRET and the other settings are not in it. It ends with 1 if an upload that a course
    names was not there.
    """
    settings = opening.settings()
    _check_target(target)
    with opening.database_of(settings) as database, opening.reaching(), _writable(target):
        made = make(settings, database, target)
    size = sum(kept.size for kept in made.files.values())
    click.echo(
        f"{target}: revision {made.revision}, {sum(made.counts.values())} rows, {len(made.media)} uploads, "
        f"{size / 1e6:.1f} MB."
    )
    click.echo(NOT_IN_IT)
    if made.missing:
        raise Fault(
            f"The backup is made, but {len(made.missing)} uploads that courses name are missing or damaged in "
            f"{Storage(settings.data_dir).folder}; its manifest lists them. Take them from an older backup."
        )


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True), metavar="FILE.tar|DIR")
@click.option("--check", "only_check", is_flag=True, help="Verify the backup and restore nothing.")
def restore(source: Path, only_check: bool) -> None:
    """Verify a backup and put it into an empty database and an empty folder of uploads.

    DANGKE_SECRET must be the one that the backed-up installation had (or stand in DANGKE_SECRET_PREVIOUS).
    """
    with _opened(source) as reading:
        found = verify(reading, source)
        click.echo(
            f"{source}: {len(found.files)} files are as they were on {found.made_at}, revision {found.revision}."
        )
        if only_check:
            return
        settings = opening.settings()
        with opening.database_of(settings) as database, opening.reaching(), _writable(settings.data_dir):
            _check_place(settings, database, found)
            put_back(settings, database, reading, found)
            is_current = schema.is_current(database)
            if is_current:
                with database.writing() as session:
                    noted(session, "restored", SystemClock().now(), "", found.made_at)
            opens = is_current and _secret_opens(settings, database)
    click.echo(f"Restored: {sum(found.counts.values())} rows, {len(found.media)} uploads.")
    if found.missing:
        click.echo(f"{len(found.missing)} uploads were missing already when it was made.", err=True)
    if not is_current:
        click.echo("The database is older than this program. Run: dangke migrate")
    elif not opens:
        raise Fault(
            "The data is restored, but DANGKE_SECRET does not open its keys. Put the secret of the installation that was "
            "backed up into DANGKE_SECRET, or into DANGKE_SECRET_PREVIOUS."
        )


def make(settings: Settings, database: Database, target: Path) -> Manifest:
    """Write the backup; what it holds. Raises Fault."""
    engine = database.url.get_backend_name()
    if engines.is_empty(database):
        raise Fault(
            "The database is empty: there is nothing to back up. Check DANGKE_DATABASE_URL, or run: dangke migrate"
        )
    storage = Storage(settings.data_dir)
    with places.writing(target) as writing:
        path = writing.room / manifests.DATABASES[engine]
        seen = engines.dump(database, path)
        files = {path.name: writing.move(path)}
        missing = []
        for sha256 in seen.uploads:
            name = manifests.media_name(sha256)
            try:
                kept = writing.copy(storage.path(sha256), name)
            except FileNotFoundError:
                missing.append(name)
                continue
            files[name] = kept
            if kept.sha256 != sha256:
                missing.append(name)
        made = Manifest(
            __version__,
            SystemClock().now().isoformat(timespec="seconds"),
            engine,
            seen.revision or "",
            seen.counts,
            files,
            tuple(missing),
        )
        path = writing.room / manifests.NAME
        path.write_text(made.to_json(), encoding="utf-8")
        writing.move(path)
    return made


def verify(reading: places.Reading, source: Path) -> Manifest:
    """Read every file of a backup and compare it with the manifest. Raises Fault."""
    try:
        with reading.open(manifests.NAME) as file:
            found = manifests.read(file.read().decode("utf-8", "replace"))
    except FileNotFoundError:
        raise Fault(f"{source} is no backup of this program: it has no {manifests.NAME}.") from None
    except manifests.NoManifest as error:
        raise Fault(f"{source} cannot be restored: {error}.") from None
    for name, kept in sorted(found.files.items()):
        try:
            with reading.open(name) as file:
                is_same = places.measured(file) == kept
        except (FileNotFoundError, tarfile.ReadError):
            raise Fault(
                f"{source} is not whole: {name} is missing. Nothing was restored; use another backup."
            ) from None
        if not is_same:
            raise Fault(f"{source} is damaged: {name} is not what was backed up. Nothing was restored; use another.")
    return found


def put_back(settings: Settings, database: Database, reading: places.Reading, found: Manifest) -> None:
    """Uploads beside their place, then the database, then the uploads into their place. Raises Fault."""
    folder = Storage(settings.data_dir).folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(database.url.database or "").parent if database.is_sqlite else folder.parent
    with (
        tempfile.TemporaryDirectory(prefix="restoring-", dir=folder.parent) as room,
        tempfile.TemporaryDirectory(prefix="restoring-", dir=beside) as near,
    ):
        for name in found.media:
            _take_out(reading, name, Path(room) / name)
        dumped = Path(near) / found.database
        _take_out(reading, found.database, dumped)
        seen = engines.load(database, dumped)
        if seen.counts != found.counts or seen.revision != found.revision:
            raise Fault("The restored database has not the rows that its manifest says. Do not use it.")
        uploads = Path(room) / folder.name
        if uploads.exists():
            if folder.exists():
                shutil.rmtree(folder)  # it holds no file, see `_check_place`
            uploads.replace(folder)


def _take_out(reading: places.Reading, name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with reading.open(name) as file, target.open("xb") as written:
        shutil.copyfileobj(file, written)


def _check_target(target: Path) -> None:
    """Raises Fault unless a new file or folder can be made there."""
    if target.exists() and not (target.suffix != ".tar" and target.is_dir() and not any(target.iterdir())):
        raise Fault(f"{target} is there already. Name a new file or folder; old backups are never overwritten.")
    if not target.parent.is_dir():
        raise Fault(f"There is no folder {target.parent}. Make it first.")


def _check_place(settings: Settings, database: Database, found: Manifest) -> None:
    """Raises Fault unless this backup can be put into this installation without anything being lost."""
    engine = database.url.get_backend_name()
    if found.engine != engine:
        raise Fault(
            f"The backup is of {found.engine} and DANGKE_DATABASE_URL names {engine}. Name one of its own kind."
        )
    if not schema.is_known(found.revision):
        raise Fault(f"The backup is of a later program (revision {found.revision}). Install that one first.")
    if not engines.is_empty(database):
        raise Fault("The database is not empty, so nothing was restored. Name a new one in DANGKE_DATABASE_URL.")
    folder = Storage(settings.data_dir).folder
    if folder.exists() and any(path.is_file() for path in folder.rglob("*")):
        raise Fault(f"The folder {folder} is not empty, so nothing was restored. Name another in DANGKE_DATA_DIR.")


def _secret_opens(settings: Settings, database: Database) -> bool:
    try:
        with database.reading_core() as connection:
            signing_key(connection, secrets_of(settings))
    except CannotDecrypt:
        return False
    except NoToolKey:
        return True
    return True


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[places.Reading]:
    try:
        with places.reading(source) as found:
            yield found
    except tarfile.TarError:
        raise Fault(f"{source} is neither a folder nor a tar file that `dangke backup` has made.") from None


@contextlib.contextmanager
def _writable(place: Path) -> Iterator[None]:
    """What cannot be written is one sentence. Raises Fault."""
    try:
        yield
    except OSError as error:
        words = "there is no room left" if error.errno in {errno.ENOSPC, errno.EDQUOT} else error.strerror
        raise Fault(f"{error.filename or place} cannot be written: {words}. Nothing was changed.") from None
