"""Platform storage: what our pages keep for tools whose cookies are blocked (LTI Client Side postMessages 0.1, Storage 0.1).

Switched by the setting `storage`; what a tool is told of it is `lti_storage_target` (LTI OIDC Login with postMessages 0.1).
The storing itself is done by static/demo/storage.js, in the page or in a hidden frame of it.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from lti_tool.demo.runtime import lms, origin_of
from lti_tool.demo.store import read_setting, write_setting

blueprint = Blueprint("demo_storage", __name__)

FRAME_NAME = "lti_storage_frame"


class StorageKind(StrEnum):
    """Where the storage is. `silent`: it is announced and never answers (as in the Canvas apps)."""

    NONE = "none"
    PARENT = "parent"
    FRAME = "frame"
    SILENT = "silent"


TARGETS = {StorageKind.PARENT: "_parent", StorageKind.FRAME: FRAME_NAME, StorageKind.SILENT: "_parent"}


@dataclass(frozen=True)
class PlatformStorage:
    """`is_repeated`: the launch POST names the target once more (Canvas; Blackboard does not)."""

    kind: StorageKind
    is_repeated: bool

    @property
    def parameter(self) -> dict[str, str]:
        """What is added to the login request."""
        target = TARGETS.get(self.kind)
        return {} if target is None else {"lti_storage_target": target}

    @property
    def repeated(self) -> dict[str, str]:
        """What is added to the launch POST."""
        return self.parameter if self.is_repeated else {}


def platform_storage(connection: sqlite3.Connection) -> PlatformStorage:
    """How the storage is switched now."""
    kind = StorageKind(read_setting(connection, "storage") or StorageKind.NONE)
    return PlatformStorage(kind, read_setting(connection, "storage_repeated") == "1")


def switch_storage(connection: sqlite3.Connection, kind: str, *, is_repeated: bool = False) -> None:
    """Switch it. Raises ValueError for an unknown kind."""
    write_setting(connection, "storage", StorageKind(kind))
    write_setting(connection, "storage_repeated", "1" if is_repeated else "0")


@blueprint.get("/storage-frame")
def frame() -> ResponseReturnValue:
    """The hidden frame that stores, beside the tool's frame in the same page."""
    if _of_page()["kind"] != StorageKind.FRAME:
        raise NotFound
    return render_template("demo/storage_frame.html")


@blueprint.app_context_processor
def _for_templates() -> dict[str, Callable[[], Mapping[str, str]]]:
    return {"platform_storage": _of_page}


def _of_page() -> Mapping[str, str]:
    """The kind, the frame's name, and the origins of all tools, separated by spaces; read once per request."""
    if "platform_storage" not in g:
        g.platform_storage = _read()
    return cast(Mapping[str, str], g.platform_storage)


def _read() -> dict[str, str]:
    with lms().store.reading() as connection:
        kind = platform_storage(connection).kind
        tools = connection.execute("SELECT login_url FROM tool").fetchall()
    origins = sorted({origin_of(row["login_url"]) for row in tools})
    return {"kind": kind, "frame": FRAME_NAME, "origins": " ".join(origins)}
