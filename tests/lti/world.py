"""One tool, one LMS, and what a test of launches does with them."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_tool.core.web import Runtime
from lti_tool.identity.models import BrowserSession, Context
from lti_tool.launch.models import LaunchFailure
from lti_tool.launch.reasons import REASONS
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, Placement
from tests.lms_client import AuthRequest, LmsDriver

ORIGIN = "http://127.0.0.1"
CLIENT_ID = "dangke-test"
LAUNCH = f"{ORIGIN}/lti/launch"


def tool_config() -> dict[str, Any]:
    """Two courses; the links carry no activity token, so they show nothing until somebody chooses."""
    return {
        "client_id": CLIENT_ID,
        "deployment_id": "1",
        "login_url": f"{ORIGIN}/lti/login",
        "launch_url": LAUNCH,
        "jwks_url": f"{ORIGIN}/lti/jwks.json",
        "deep_link_url": LAUNCH,
        "redirect_uris": [LAUNCH],
        "courses": [
            {"context_id": "course-1", "label": "RM", "title": "入门课 2026 秋", "links": [
                {"resource_link_id": "link-a", "title": "第一讲", "url": LAUNCH, "custom": {}, "graded": True},
                {"resource_link_id": "link-b", "title": "小测", "url": LAUNCH, "custom": {}, "graded": False},
            ]},
            {"context_id": "course-2", "label": "SM", "title": "学习方法", "links": [
                {"resource_link_id": "link-c", "title": "第一讲", "url": LAUNCH, "custom": {}, "graded": True},
            ]},
        ],
    }  # fmt: skip


@dataclass
class World:
    """The tool (`app`) and the LMS (`lms`)."""

    app: Flask
    lms: LmsDriver
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = self.app.extensions["dangke"]

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def launch(self, browser: FlaskClient, person: str = "member1", link: str = "link-a", **login: Any) -> TestResponse:
        """A whole launch; the answer to the launch POST."""
        return self.lms.launch(browser, person, link, **login)

    def begin(self, browser: FlaskClient, person: str = "member1", link: str = "link-a", **login: Any) -> AuthRequest:
        """The login, up to the authentication request."""
        return self.lms.begin_at(browser, person, link, **login)

    def post(self, browser: FlaskClient, state: str | None, id_token: str | None, **more: str) -> TestResponse:
        """The launch POST with whatever token."""
        form = {
            name: value for name, value in {"state": state, "id_token": id_token, **more}.items() if value is not None
        }
        return browser.post("/lti/launch", data=form, base_url=ORIGIN)

    def forge(
        self, browser: FlaskClient, *, person: str = "member1", link: str = "link-a",
        header: dict[str, Any] | None = None, pem: str | None = None, **changes: Any,
    ) -> TestResponse:  # fmt: skip
        """A launch whose claims are changed before they are signed (with the LMS's own key, unless `pem` is given)."""
        auth = self.begin(browser, person, link)
        claims = self.claims(auth.nonce, person, link, **changes)
        return self.post(browser, auth.state, self.lms.sign(claims, pem=pem, **(header or {})))

    def claims(self, nonce: str, person: str = "member1", link: str = "link-a", /, **changes: Any) -> dict[str, Any]:
        """Claims of a good token with some changed; None takes one away, the nonce too."""
        claims = self.lms.claims_for(person, link, nonce=nonce, **{k: v for k, v in changes.items() if k != "nonce"})
        if "nonce" in changes:
            claims["nonce"] = changes["nonce"]
        return {name: value for name, value in claims.items() if value is not None}

    def activity(self, context_key: str = "c:course-1", title: str = "Reading sources", **fields: Any) -> Activity:
        """A published probe activity in a course that somebody has launched before."""
        with self.runtime.database.writing() as session:
            context = session.scalar(select(Context).where(Context.context_key == context_key))
            assert context is not None
            activity = services.create_activity(
                session,
                context_id=context.id,
                kind="probe",
                title=title,
                now=self.runtime.clock.now(),
                criteria=[],
                **fields,
            )
            activity.status = ActivityStatus.published
        return activity

    def bound(self, link: str = "link-a", course: str = "course-1", person: str = "teacher", **fields: Any) -> Activity:
        """An activity that the link shows: launched by its teacher once, then chosen."""
        browser = self.browser()
        choose = self.launch(browser, person, link)
        activity = self.activity(f"c:{course}", **fields)
        page = browser.get(choose.headers["Location"], base_url=ORIGIN)
        address = re.search(r'action="(/lti/chosen/\d+)"', page.get_data(as_text=True))
        assert address is not None, page.get_data(as_text=True)[:300]
        form = {"activity_id": str(activity.id), "csrf_token": csrf_of(page)}
        done = browser.post(address[1], data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
        assert done.status_code == 303, done.get_data(as_text=True)
        return activity

    def column(self, link: str = "link-a") -> LineItem:
        """The column of a link."""
        with self.runtime.database.reading() as session:
            found = session.scalar(
                select(LineItem).join(Placement, Placement.id == LineItem.placement_id).where(
                    Placement.resource_link_id == link)
            )  # fmt: skip
        assert found is not None
        return found

    def sessions(self) -> int:
        with self.runtime.database.reading() as session:
            return session.scalar(select(func.count()).select_from(BrowserSession)) or 0

    def reasons(self) -> list[str]:
        """Reasons of the refusals so far, oldest first."""
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(LaunchFailure.reason).order_by(LaunchFailure.id)))

    def refused(self, answer: TestResponse, status: int, reason: str) -> None:
        """Assert that a launch was refused for this reason, with the standard page and without a session."""
        page = answer.get_data(as_text=True)
        assert (answer.status_code, self.reasons()[-1:]) == (status, [reason]), page
        assert answer.headers["Cache-Control"] == "no-store"
        assert any(str(headline) in page for headline in ("无法打开此学习内容", "This activity could not be opened"))
        assert REASONS[reason].code in page
        assert answer.headers["X-Request-ID"] in page
        assert "__Host-dk=" not in answer.headers.get("Set-Cookie", "")
        for never in ("Traceback", "eyJ", "login_hint"):
            assert never not in page


def csrf_of(page: TestResponse) -> str:
    """The token of a page."""
    found = re.search(r'<meta name="csrf" content="([^"]*)"', page.get_data(as_text=True))
    return found[1] if found else ""


def path_of(answer: TestResponse) -> str:
    """The path that an answer redirects to."""
    return urlsplit(answer.headers["Location"]).path
