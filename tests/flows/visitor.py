"""A person with a browser but without a screen: launches from the demo LMS, reads pages, sends forms and answers.

The same over sockets (against running servers) and inside the process.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from tests.lms_client import AuthRequest, LmsDriver
from tests.lms_transport import Reply, Transport

REDIRECTS = {301, 302, 303, 307, 308}
# The sample quiz of `dangke seed`: an answer to each question, by slot, that earns all two points of it.
RIGHT: Mapping[int, Any] = {1: "a", 2: ["a", "b", "d"], 3: False, 4: ["日期", "date"], 5: "60"}
WRONG: Mapping[int, Any] = {1: "b", 2: ["c"], 3: True, 4: ["?", "?"], 5: "1"}


class Browser:
    """Over sockets. Like a real browser, and unlike Python's cookie jars, it takes 127.0.0.1 for a secure place."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.cookies: dict[str, str] = {}

    def request(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        carried = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._session.request(
            method, url, data=body if form is None else dict(form), headers={"Cookie": carried, **(headers or {})},
            allow_redirects=False, timeout=60,
        )  # fmt: skip
        for line in answer.raw.headers.getlist("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
            if not value or "max-age=0" in line.lower():
                del self.cookies[name.strip()]
        return Reply(answer.status_code, answer.headers, answer.content.decode())

    def hang_up(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()


@dataclass
class Visitor:
    """One person in front of one browser."""

    person: str
    lms: LmsDriver
    tool_url: str
    browser: Transport = field(default_factory=Browser)
    csrf: str = ""
    address: str = ""
    """Path of the page in front of us."""
    via: str = ""
    """Where requests really go when it is not the tool's public address: a second process behind the same proxy."""

    def launch(self, link: str | None = None, *, course: str | None = None, **login: str | None) -> Reply:
        """A whole launch of a link (or of deep linking into a course); the page that it ends on."""
        return self.arrive(self.post_launch(link, course=course, **login))

    def post_launch(self, link: str | None = None, *, course: str | None = None, **login: str | None) -> Reply:
        """The same up to the answer to the launch POST."""
        action, values = self.lms.authorize(self.log_in(link, course=course, **login).url)
        return self._ask("POST", action, form=values)

    def forge(self, link: str, **claims: Any) -> Reply:
        """A launch whose claims are changed before the LMS's key signs them; the page that it ends on."""
        auth = self.log_in(link)
        token = self.lms.sign(self.lms.claims_for(self.person, link, nonce=auth.nonce, **claims))
        return self.arrive(
            self._ask("POST", f"{self.tool_url}/lti/launch", form={"id_token": token, "state": auth.state})
        )

    def log_in(self, link: str | None = None, *, course: str | None = None, **login: str | None) -> AuthRequest:
        """The first half: the login with its cookie probe, up to the authentication request."""
        asked = {"person": self.person} | ({"course": course} if link is None else {"link": link})
        begun = self.lms.begun(**asked)
        form = {name: value for name, value in {**begun["form"], **login}.items() if value is not None}
        answer = self._ask("POST", begun["action"], form=form)
        for _ in range(4):
            assert answer.status in REDIRECTS, f"login answered {answer.status}: {answer.text[:300]}"
            location = urljoin(begun["action"], answer.headers["Location"])
            if location.startswith(self.lms.base_url):
                return AuthRequest.parse(location)
            answer = self._ask("GET", location)
        raise AssertionError("the login did not lead to the LMS")

    def arrive(self, answer: Reply) -> Reply:
        """Follow the redirect of an answer, if it is one, to its page."""
        for _ in range(5):
            if answer.status not in REDIRECTS:
                return answer
            answer = self.open(urlsplit(answer.headers["Location"])._replace(scheme="", netloc="").geturl())
        raise AssertionError("redirected in a circle")

    def open(self, path: str) -> Reply:
        """GET a page of the tool; a redirect is answered as it is."""
        answer = self._ask("GET", f"{self.tool_url}{path}")
        found = re.search(r'<meta name="csrf" content="([^"]*)"', answer.text)
        if found:
            self.csrf, self.address = found[1], path
        return answer

    def send(self, path: str, **form: str) -> Reply:
        """POST a form as a page of the tool does."""
        headers = {"Origin": self.tool_url}
        return self._ask("POST", f"{self.tool_url}{path}", form={"csrf_token": self.csrf, **form}, headers=headers)

    def send_json(self, path: str, body: object) -> Reply:
        """POST JSON as a module of the tool does."""
        headers = {
            "Origin": self.tool_url,
            "X-CSRF-Token": self.csrf,
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        return self._ask("POST", f"{self.tool_url}{path}", body=json.dumps(body).encode(), headers=headers)

    def begin(self, activity: int) -> int:
        """Begin (or continue) an attempt at a quiz; its id."""
        answer = self.send(f"/quizzes/{activity}/attempts")
        assert answer.status == 303, answer.text[:500]
        return number_in(answer.headers["Location"])

    def answer(self, attempt: int, slot: int, response: Any, seq: int = 1) -> Reply:
        """Autosave one answer."""
        return self.send_json(f"/attempts/{attempt}/answers", {"slot": slot, "seq": seq, "response": response})

    def submit(self, attempt: int) -> Reply:
        """Hand the attempt in."""
        return self.send(f"/attempts/{attempt}/submit")

    def take(self, activity: int, right: int = 5) -> int:
        """A whole attempt with so many right answers of five; its id."""
        attempt = self.begin(activity)
        for slot in RIGHT:
            answer = self.answer(attempt, slot, (RIGHT if slot <= right else WRONG)[slot])
            assert answer.status == 200, answer.text[:500]
        assert self.submit(attempt).status == 303
        return attempt

    def _ask(self, method: str, url: str, **options: Any) -> Reply:
        if self.via and url.startswith(self.tool_url):
            url = self.via + url.removeprefix(self.tool_url)
        return self.browser.request(method, url, **options)


def number_in(location: str) -> int:
    """The last number of a path: the id that it addresses."""
    found = re.findall(r"/(\d+)", urlsplit(location).path)
    assert found, f"no number in {location}"
    return int(found[-1])
