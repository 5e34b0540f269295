"""What every view of the demo LMS needs: its address, database, clock, profile and planned faults."""

import json
import sqlite3
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, cast
from urllib.parse import urlsplit

from flask import current_app

from lti_tool.demo.faults import Faults
from lti_tool.demo.names import ALL_SCOPES
from lti_tool.demo.store import Store, read_setting
from lti_tool.demo.tool_keys import ToolKeys

FETCH_SECONDS = 5
REFUSALS_KEPT = 500
FETCH_BYTES = 1_000_000


class Clock(Protocol):
    """Tells the time; tests give one that stands still."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Profile:
    """In what LMSs differ. `plain` follows the specifications to the letter, `moodle` what Moodle 4.5 was seen to do."""

    name: str
    one_time_hint: bool
    token_seconds: int
    has_azp: bool
    line_item_query: str
    short_roster_roles: bool
    whole_seconds: bool
    scope_error: int

    @property
    def is_moodle(self) -> bool:
        """Whether answers are Moodle's."""
        return self.name == "moodle"


PROFILES = {
    "plain": Profile("plain", False, 3600, True, "", False, False, 403),
    "moodle": Profile("moodle", True, 60, False, "?type_id=1", True, True, 401),
}


@dataclass(frozen=True)
class Tool:
    """The one registration of a tool at this platform."""

    client_id: str
    deployment_id: str
    login_url: str
    launch_url: str
    jwks_url: str
    deep_link_url: str
    redirect_uris: tuple[str, ...]

    @property
    def origin(self) -> str:
        return origin_of(self.login_url)


@dataclass
class Lms:
    """One running demo LMS."""

    issuer: str
    store: Store
    clock: Clock
    tool_keys: ToolKeys
    faults: Faults = field(default_factory=Faults)
    has_control: bool = False
    refusals: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=REFUSALS_KEPT))
    """(endpoint, reason) of what was refused to tools lately."""

    def note_refusal(self, endpoint: str, reason: str) -> None:
        """Remember a refusal, for tests that show that a tool is never refused."""
        self.refusals.append((endpoint, reason))

    def now(self) -> datetime:
        return self.clock.now()


def lms() -> Lms:
    """The LMS of the application that serves this request."""
    return cast(Lms, current_app.extensions["demo_lms"])


def origin_of(url: str) -> str:
    """scheme://host[:port] of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def profile(connection: sqlite3.Connection) -> Profile:
    """The profile that this LMS imitates now."""
    return PROFILES[read_setting(connection, "profile") or "plain"]


def find_tool(connection: sqlite3.Connection, client_id: str) -> Tool | None:
    """The registered tool of this client_id, or None."""
    row = connection.execute("SELECT * FROM tool WHERE client_id = ?", (client_id,)).fetchone()
    return None if row is None else _tool(row)


def granted_scopes(connection: sqlite3.Connection, client_id: str) -> frozenset[str]:
    """What a tool may ask a token for; a tool that was not registered dynamically: everything."""
    row = connection.execute("SELECT scopes FROM tool_registration WHERE client_id = ?", (client_id,)).fetchone()
    return frozenset(ALL_SCOPES if row is None else str(row["scopes"]).split())


def registered_custom(connection: sqlite3.Connection, client_id: str) -> dict[str, str]:
    """The custom parameters that a tool asked for when it registered; they come with each of its launches."""
    row = connection.execute("SELECT custom FROM tool_registration WHERE client_id = ?", (client_id,)).fetchone()
    return {} if row is None else {str(name): str(value) for name, value in json.loads(row["custom"]).items()}


def first_tool(connection: sqlite3.Connection) -> Tool:
    """The tool that `seed` registered first. Raises LookupError when nothing was seeded."""
    row = connection.execute("SELECT * FROM tool ORDER BY rowid LIMIT 1").fetchone()
    if row is None:
        raise LookupError("no tool is registered at this demo LMS yet: start it with --tool-config")
    return _tool(row)


def fetch_url(url: str) -> bytes:
    """GET a URL, without redirects to other schemes, at most 1 MB, within 5 seconds. Raises OSError."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise OSError("only http and https are fetched")
    with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:
        return cast(bytes, answer.read(FETCH_BYTES))


def _tool(row: sqlite3.Row) -> Tool:
    return Tool(
        row["client_id"], row["deployment_id"], row["login_url"], row["launch_url"], row["jwks_url"],
        row["deep_link_url"], tuple(json.loads(row["redirect_uris"])),
    )  # fmt: skip
