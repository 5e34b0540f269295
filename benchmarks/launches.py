"""Launches up to the moment before the tool's own work: a begun login in the database, and the LMS's signed id_token.

A state is good for ten minutes, so these are made right before they are used.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import insert

from benchmarks.data import sub_of
from benchmarks.servers import HOME_LINK
from lti_tool.core.web import Runtime
from lti_tool.launch.browser import cookie_name, hash_of, new_login
from lti_tool.launch.models import LoginState
from tests.lms_client import LmsDriver

AT_ONCE = 2000
GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ready:
    """One launch that has not been sent yet."""

    state: str
    cookie: str
    secret: str
    id_token: str


def make(runtime: Runtime, driver: LmsDriver, registration_id: int, *, count: int, members: int) -> list[Ready]:
    """`count` launches of the course home by `members` members in turn. Signing takes about a millisecond each."""
    kid, pem = driver.key()
    key = load_pem_private_key(pem.encode(), None)
    claims = driver.claims_for(sub_of(1), HOME_LINK)
    ready: list[Ready] = []
    rows: list[dict[str, Any]] = []
    now, second = runtime.clock.now(), int(time.time())
    for number in range(count):
        login = new_login()
        own = {"sub": sub_of(number % members + 1), "nonce": login.nonce, "iat": second, "exp": second + 3600}
        token = jwt.encode(claims | own, key, algorithm="RS256", headers={"kid": kid})  # type: ignore[arg-type]  # RSA
        cookie = cookie_name(login.state)
        ready.append(Ready(login.state, cookie, f"{second}.{login.secret}", token))
        rows.append(
            {
                "state_hash": hash_of(login.state),
                "nonce": login.nonce,
                "registration_id": registration_id,
                "browser_hash": hash_of(login.secret),
                "target_link_uri": f"{runtime.settings.public_url}/lti/launch",
                "created_at": now,
                "expires_at": now + GOOD_FOR,
            }
        )
    for start in range(0, count, AT_ONCE):
        with runtime.database.writing_core() as connection:
            connection.execute(insert(LoginState), rows[start : start + AT_ONCE])
    return ready
