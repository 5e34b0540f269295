"""What uploads say of persons: who put a file into a course first. Only teachers upload; the files are the course's."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import Erasing, Fate, Keeper, Sheet, Stored
from lti_tool.identity.models import Context
from lti_tool.media.models import File, MediaReference
from lti_tool.media.services import file_name

STORED = (
    Stored(
        "media_file",
        ("sha256", "size", "mime", "created_at"),
        _l("Files that you uploaded for a course; they are the course's, and stay with it."),
        Fate.nameless,
    ),
    Stored(
        "media_reference",
        ("name",),
        _l("The names of these files, for those who download them."),
        Fate.nameless,
    ),
)


def export(connection: Connection, member_id: int, _now: datetime) -> Iterator[Sheet]:
    """The uploads themselves, each once, with the courses that show them."""
    first = (
        select(File.id, func.min(MediaReference.id).label("reference_id"))
        .join(MediaReference, MediaReference.file_id == File.id)
        .where(File.uploaded_by == member_id)
        .group_by(File.id)
        .subquery()
    )
    rows = connection.execute(
        select(File.id, Context.title, MediaReference.name, File.mime, File.size, File.created_at, File.sha256)
        .select_from(File)
        .join(first, first.c.id == File.id)
        .join(MediaReference, MediaReference.id == first.c.reference_id)
        .join(Context, Context.id == MediaReference.context_id)
        .order_by(File.id)
    ).all()
    # A number in front, since two files may have the same name.
    names = [f"{row.id}-{file_name(row.name, row.mime)}" for row in rows]
    yield Sheet(
        "uploads",
        _l("Files that you uploaded"),
        ("course", "name", "mime", "size", "created_at", "file"),
        [
            (row.title, row.name, row.mime, row.size, row.created_at, f"files/{name}")
            for row, name in zip(rows, names, strict=True)
        ],
        tuple((name, row.sha256) for row, name in zip(rows, names, strict=True)),
    )


def erase(_connection: Connection, _erasing: Erasing, _limit: int) -> int:
    """Nothing: the row leads to somebody without a name, and the course keeps its files."""
    return 0


KEEPER = Keeper("media", _l("Uploads"), STORED, export, erase)
