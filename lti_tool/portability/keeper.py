"""What this storey keeps on persons: that an erasure was asked for."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import Erasing, Fate, Keeper, Sheet, Stored, sheet
from lti_tool.portability.models import Erasure

STORED = (
    Stored(
        "erasure",
        ("keeps_posts", "leaves_trail", "asked_at", "begun_at", "emptied_at"),
        _l("That you asked to be erased, until it is done."),
        Fate.deleted,
    ),
)


def export(connection: Connection, member_id: int, _now: datetime) -> Iterator[Sheet]:
    """The wish, if there is one."""
    yield sheet(
        connection,
        "erasure_wish",
        _l("Your wish to be erased"),
        select(Erasure.asked_at, Erasure.keeps_posts).where(Erasure.member_id == member_id),
    )


def erase(_connection: Connection, _erasing: Erasing, _limit: int) -> int:
    """Nothing: the row says that the erasure is on its way, and goes last."""
    return 0


KEEPER = Keeper("erasures", _l("Erasures"), STORED, export, erase)
