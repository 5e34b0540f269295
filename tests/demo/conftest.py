"""A demo LMS in this process, a tool that only has keys, and a driver."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask
from jwt.algorithms import RSAAlgorithm

from lti_tool.demo import lms_of, seed
from lti_tool.demo.names import ALL_SCOPES, ASSERTION_TYPE, TYPE_SCORE
from tests.forging import sample_pem
from tests.lms_client import ENDPOINT_CLAIM, LmsDriver, Reply
from tests.lms_server import make_lms

ISSUER = "http://localhost:9080"
TOOL = "http://127.0.0.1:9081"
TOKEN_URL = f"{ISSUER}/token"


def tool_config() -> dict[str, Any]:
    """What `dangke seed` writes, small."""
    return {
        "client_id": "dangke-demo",
        "deployment_id": "1",
        "login_url": f"{TOOL}/lti/login",
        "launch_url": f"{TOOL}/lti/launch",
        "jwks_url": f"{TOOL}/lti/jwks",
        "deep_link_url": f"{TOOL}/lti/launch",
        "redirect_uris": [f"{TOOL}/lti/launch"],
        "courses": [
            {"context_id": "course-1", "label": "RM", "title": "入门课 2026 秋", "links": [
                {"resource_link_id": "link-home", "title": "课程主页", "url": f"{TOOL}/lti/launch",
                 "custom": {"activity": "a" * 32, "who": "$User.id", "odd": "$Nobody.knows"}, "graded": True},
                {"resource_link_id": "link-quiz", "title": "小测", "url": f"{TOOL}/lti/launch", "custom": {},
                 "graded": True, "maximum": 20},
                {"resource_link_id": "link-late", "title": "讨论", "url": f"{TOOL}/lti/launch", "custom": {},
                 "graded": False, "maximum": 100},
            ]},
            {"context_id": "course-2", "label": "SM", "title": "学习方法", "links": [
                {"resource_link_id": "link-other", "title": "课程主页", "url": f"{TOOL}/lti/launch", "custom": {}},
            ]},
        ],
    }  # fmt: skip


class StillClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 2, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


class KeyTool:
    """The tool's half of the service security: a key set, and assertions signed with it."""

    def __init__(self, clock: StillClock) -> None:
        self.clock, self.kid, self.pem, self.fetches = clock, "tool-key-1", sample_pem("tool"), 0
        self._serial = 0

    def fetch(self, url: str) -> bytes:
        assert url == f"{TOOL}/lti/jwks"
        self.fetches += 1
        public = serialization.load_pem_private_key(self.pem.encode(), None).public_key()
        assert isinstance(public, RSAPublicKey)
        jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
        return json.dumps({"keys": [{**jwk, "kid": self.kid, "alg": "RS256", "use": "sig"}]}).encode()

    def assertion(self, kid: str | None = "", pem: str | None = None, **changes: Any) -> str:
        now, self._serial = self.clock.now().timestamp(), self._serial + 1
        claims = {"iss": "dangke-demo", "sub": "dangke-demo", "aud": TOKEN_URL, "iat": now, "exp": now + 300,
                  "jti": f"jti-{self._serial}"} | changes  # fmt: skip
        shown = {} if kid is None else {"kid": kid or self.kid}
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None}, pem or self.pem, "RS256", shown
        )


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def tool(clock: StillClock) -> KeyTool:
    return KeyTool(clock)


@pytest.fixture
def app(tmp_path: Path, clock: StillClock, tool: KeyTool) -> Iterator[Flask]:
    app = make_lms(tmp_path, issuer=ISSUER, clock=clock, fetch=tool.fetch)
    seed(lms_of(app), tool_config())
    yield app
    lms_of(app).store.close()


@pytest.fixture
def lms(app: Flask) -> LmsDriver:
    return LmsDriver.over_wsgi(app)


class Services:
    """A tool's calls to the platform's services, with tokens of its own."""

    def __init__(self, lms: LmsDriver, tool: KeyTool) -> None:
        self.lms, self.tool = lms, tool

    def ask_token(self, assertion: str | None = None, **form: str) -> Reply:
        """POST to the token endpoint."""
        asked = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE,
                 "client_assertion": assertion or self.tool.assertion(), "scope": " ".join(ALL_SCOPES)} | form  # fmt: skip
        return self.lms.browser(None).request("POST", TOKEN_URL, form=asked)

    def token(self, *scopes: str) -> str:
        return str(self.ask_token(scope=" ".join(scopes or ALL_SCOPES)).json()["access_token"])

    def call(self, method: str, url: str, *, body: Any = None, media: str = "", token: str | None = None) -> Reply:
        """A service call; `media` is sent as Content-Type with a body and as Accept without."""
        headers = {"Accept" if body is None else "Content-Type": media,
                   "Authorization": f"Bearer {self.token() if token is None else token}"}  # fmt: skip
        payload = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.lms.browser(None).request(method, urljoin(ISSUER, url), body=payload, headers=headers)

    def line_item(self, link: str) -> str:
        """The URL of a link's column, from its claim."""
        return str(self.lms.claims_for("member1", link)[ENDPOINT_CLAIM]["lineitem"])

    def score(
        self, link: str, person: str = "member1", given: float | None = 8, *, at: datetime, **changes: Any
    ) -> Reply:
        """Post a score of up to 10 points."""
        score = {"userId": self.lms.sub_of(person), "timestamp": at.isoformat(timespec="milliseconds"), "activityProgress": "Completed",
                 "gradingProgress": "FullyGraded", "scoreGiven": given, "scoreMaximum": 10} | changes  # fmt: skip
        return self.send_score(
            self.line_item(link), {name: value for name, value in score.items() if value is not None}
        )

    def send_score(self, line_item: str, body: Any, media: str = TYPE_SCORE, token: str | None = None) -> Reply:
        path, mark, query = line_item.partition("?")
        return self.call("POST", f"{path}/scores{mark}{query}", body=body, media=media, token=token)


@pytest.fixture
def services(lms: LmsDriver, tool: KeyTool) -> Services:
    return Services(lms, tool)
