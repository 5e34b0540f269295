"""What the launch keeps on persons: choices that are being made, visits to somebody's data, logins that have begun."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, or_, select

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import Erasing, Fate, Keeper, Sheet, Stored, delete_some, in_turn, sheet
from lti_tool.identity.models import Context
from lti_tool.launch.models import DataRequest, DeepLinkRequest

STORED = (
    Stored(
        "deep_link_request",
        (
            "line_item_url", "scopes", "return_url", "accept_types", "targets", "picked", "data", "created_at",
            "expires_at", "used_at",
        ),
        _l("What a link shall show, while you are choosing it."),
        Fate.deleted,
    ),
    Stored(
        "data_request",
        ("created_at", "expires_at"),
        _l("That somebody was sent by your platform to look at a person's data, for an hour."),
        Fate.deleted,
    ),
    Stored(
        "login_state",
        ("parameters", "target_link_uri"),
        _l("What your platform sent to begin a login, for ten minutes."),
        Fate.expires,
    ),
)  # fmt: skip


def export(connection: Connection, member_id: int, _now: datetime) -> Iterator[Sheet]:
    """The choices, and visits to data of one's own and of others."""
    yield sheet(
        connection,
        "choices",
        _l("Links that you are choosing for"),
        select(
            Context.title.label("course"),
            DeepLinkRequest.created_at,
            DeepLinkRequest.expires_at,
            DeepLinkRequest.used_at,
        )
        .select_from(DeepLinkRequest)
        .join(Context, Context.id == DeepLinkRequest.context_id)
        .where(DeepLinkRequest.member_id == member_id)
        .order_by(DeepLinkRequest.created_at),
    )
    yield sheet(
        connection,
        "data_visits",
        _l("Visits to somebody's data, sent by your platform"),
        select(
            (DataRequest.subject_id == member_id).label("is_about_you"), DataRequest.created_at, DataRequest.expires_at
        )
        .where(or_(DataRequest.member_id == member_id, DataRequest.subject_id == member_id))
        .order_by(DataRequest.created_at),
    )


def erase(connection: Connection, erasing: Erasing, limit: int) -> int:
    """Choices and visits go."""
    whose = erasing.member_id
    return in_turn(
        lambda most: delete_some(connection, DeepLinkRequest, DeepLinkRequest.member_id == whose, limit=most),
        lambda most: delete_some(
            connection, DataRequest, or_(DataRequest.member_id == whose, DataRequest.subject_id == whose), limit=most
        ),
        limit=limit,
    )


KEEPER = Keeper("launch", _l("Opening links"), STORED, export, erase)
