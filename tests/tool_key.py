"""The tool's key in tests: made once for the whole run, because primes are slow to find."""

from functools import cache
from typing import Any

from sqlalchemy import insert

from lti_tool.core.web import Runtime
from lti_tool.lms import tool_keys
from lti_tool.lms.models import ToolKey
from lti_tool.lms.rules import KeyState


def install(runtime: Runtime) -> None:
    """Give the test database an active key."""
    with runtime.database.writing_core() as connection:
        connection.execute(insert(ToolKey).values(state=KeyState.active, **_values(runtime)))


def _values(runtime: Runtime) -> dict[str, Any]:
    found = _pair()
    now = runtime.clock.now()
    private = runtime.keys.encrypt(tool_keys.PURPOSE, found["pem"])
    return {**found["row"], "private": private, "created_at": now, "changed_at": now}


@cache
def _pair() -> dict[str, Any]:
    class Plain:
        """Keeps the PEM as it is, so that each test's own secret can encrypt it."""

        @staticmethod
        def encrypt(_purpose: str, plain: bytes) -> bytes:
            return plain

    made = tool_keys.new_key(Plain(), None)  # type: ignore[arg-type]  # neither is looked at
    return {"pem": made["private"], "row": {"kid": made["kid"], "public": made["public"]}}
