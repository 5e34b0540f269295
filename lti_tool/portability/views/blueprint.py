"""The blueprint `portability`: what is stored on a person, for himself and for whom the LMS has sent."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, send_file

from lti_tool.core.errors import TooMany
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import runtime
from lti_tool.identity.keeping import Fate
from lti_tool.launch.limits import Limit
from lti_tool.portability import archive, queries

blueprint = Blueprint("portability", __name__, url_prefix="/data")

ARCHIVES = 6
PERIOD = 600
FATES = {
    Fate.deleted: _l("deleted"),
    Fate.emptied: _l("its texts go"),
    Fate.nameless: _l("stays, without a name"),
    Fate.expires: _l("gone by itself within minutes"),
}


def sent(member_id: int, key: object) -> Response:
    """The archive of a member as a download. Raises NotFound, and TooMany: 6 in 10 minutes for one asking person."""
    limits = runtime().services
    limit: Limit = limits.setdefault("archives", Limit(ARCHIVES, PERIOD))
    now = runtime().clock.now()
    if not limit.hit(key, now):
        raise TooMany(action=_l("Wait ten minutes, then ask for the archive again."))
    with runtime().database.reading_core() as connection:
        queries.person(connection, member_id)
        kept = queries.collect(connection, runtime().keepers, member_id, now)
    return download(kept, now)


def download(kept: list[queries.Kept], now: datetime) -> Response:
    """The archive as a file; no cache keeps it."""
    answer = send_file(
        archive.build(kept, runtime().settings.data_dir, now),
        mimetype=archive.MIME,
        as_attachment=True,
        download_name=archive.NAME,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def parts(kept: list[queries.Kept]) -> list[dict[str, Any]]:
    """What the page shows: by room, each sheet with how many records there are, and what is kept for which purpose."""
    return [
        {
            "label": each.keeper.label,
            "sheets": [(sheet.title, len(sheet.rows)) for sheet in each.sheets if sheet.rows],
            "stored": [(stored.purpose, FATES[stored.fate]) for stored in each.keeper.stored],
        }
        for each in kept
    ]
