"""An LMS's administrator without a screen: opens the tool's registration page and sends its forms."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.core.web import Runtime
from lti_tool.identity.models import Registration
from lti_tool.launch.services import inviting
from tests.lms_client import LmsDriver

ORIGIN = "http://127.0.0.1"


@dataclass
class Admin:
    """Registers the tool of `app` at `lms`."""

    app: Flask
    lms: LmsDriver
    origin: str = ORIGIN
    """The tool's."""

    @property
    def runtime(self) -> Runtime:
        found: Runtime = self.app.extensions["dangke"]
        return found

    def invited(self, tenant: str = "School") -> str:
        """The secret of a fresh invitation."""
        with self.runtime.database.writing() as session:
            return inviting.invite(session, tenant, self.runtime.clock.now())

    def opened(self, code: str, client_id: str = "") -> str:
        """The address that the LMS opens in its frame."""
        page = self.lms.post("teacher", "/admin/tools", url=f"{self.origin}/lti/register#{code}", client_id=client_id)
        source = re.search(r'<iframe[^>]* src="([^"]*)"', page.text)
        assert source is not None, page.text[:500]
        return html.unescape(source[1])

    def parameters(self, address: str) -> dict[str, str]:
        """What a page sends on: the LMS's two parameters, and the code behind the #."""
        parts = urlsplit(address)
        return {**dict(parse_qsl(parts.query)), "code": parts.fragment}

    def post(self, path: str, form: dict[str, str], **headers: str) -> TestResponse:
        sent = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", **headers}
        return self.app.test_client().post(path, data=form, headers=sent, base_url=self.origin)

    def look(self, code: str, client_id: str = "", **changes: str) -> TestResponse:
        """The page that shows what will be shared."""
        return self.post("/lti/register", self.parameters(self.opened(code, client_id)) | changes)

    def confirm(self, looked: TestResponse, **changes: str) -> TestResponse:
        """Press "Confirm and connect"."""
        return self.post("/lti/register/confirm", fields(looked) | changes)

    def register(self, tenant: str = "School", **changes: str) -> TestResponse:
        """All of it."""
        return self.confirm(self.look(self.invited(tenant)), **changes)

    def place(self, client_id: str) -> str:
        """Switch a registered tool on and place a link to it in the first course; the link's id."""
        for path, form in (("activate", {}), ("links", {"course": "course-1", "title": "新活动"})):
            assert self.lms.post("teacher", f"/admin/tools/{client_id}/{path}", **form).status == 303
        course = self.lms.page("teacher", "/courses/course-1").text
        found = re.search(r'data-link="([^"]+)"><a [^>]*data-open>新活动', course)
        assert found is not None
        return html.unescape(found[1])

    def rows(self) -> list[Registration]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Registration).order_by(Registration.id)))

    def new(self) -> Registration:
        return self.rows()[-1]

    def request(self) -> dict[str, Any]:
        """What the LMS was sent."""
        found: dict[str, Any] = self.lms.control("GET", "registrations")[-1]
        return found


def fields(page: TestResponse) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.get_data(as_text=True))
    return {html.unescape(name): html.unescape(value) for name, value in found}


def text(page: TestResponse) -> str:
    return html.unescape(page.get_data(as_text=True))
