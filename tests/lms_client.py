"""A scripted teacher and members of the demo LMS: launches without a browser, forged id_tokens, the control interface.

    lms = LmsDriver.over_wsgi(make_lms(tmp_path, issuer="http://localhost:9080", fetch=...))  # of tests/lms_server.py
    lms = LmsDriver("http://localhost:9080")                      # the same over HTTP

A launch, step by step (`launch` does all of it with a Flask test client of the tool):

    form = lms.login_form("member1", "link-quiz")                 # POST this to the tool's /lti/login
    auth = AuthRequest.parse(location_of_the_tools_redirect)
    action, values = lms.authorize(auth.url)                      # POST `values` to `action`, the tool's /lti/launch

A forged one: `claims = lms.claims_for("member1", "link-quiz", nonce=auth.nonce)`, change them, and POST
`{"id_token": lms.sign(claims, alg=..., kid=...), "state": auth.state}` to the tool.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from werkzeug.test import Client, TestResponse

from tests.forging import forge, new_pem, sample_pem
from tests.lms_transport import HttpTransport, Reply, Transport, WsgiTransport

__all__ = ["AuthRequest", "LmsDriver", "Reply", "form_of", "new_pem", "sample_pem"]

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ENDPOINT_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
DEEP_LINK_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
CONTEXT_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


@dataclass(frozen=True)
class AuthRequest:
    """The authentication request that a tool's login endpoint redirects to."""

    url: str
    parameters: Mapping[str, str]

    @classmethod
    def parse(cls, url: str) -> "AuthRequest":
        """Read it from the redirect's Location. A parameter that stands there twice raises ValueError."""
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
        if len(dict(pairs)) != len(pairs):
            raise ValueError(f"a parameter stands twice in {url}")
        return cls(url, dict(pairs))

    @property
    def state(self) -> str:
        return self.parameters["state"]

    @property
    def nonce(self) -> str:
        return self.parameters["nonce"]

    def with_changes(self, **changes: str | None) -> "AuthRequest":
        """The same request with other parameters; None takes one away."""
        kept = {name: value for name, value in {**self.parameters, **changes}.items() if value is not None}
        return AuthRequest(f"{self.url.split('?', 1)[0]}?{urlencode(kept)}", kept)


class LmsDriver:
    """Drives one demo LMS that was started with its control interface open."""

    def __init__(self, base_url: str, app: Any = None) -> None:
        self.base_url = base_url.rstrip("/")
        self._app = app
        self._browsers: dict[str | None, Transport] = {}
        self._people: dict[str, str] = {}

    @classmethod
    def over_wsgi(cls, app: Any) -> "LmsDriver":
        """A driver of an application in this process (made with `create_lms`)."""
        return cls(app.extensions["demo_lms"].issuer, app)

    # Pages and protocol

    def browser(self, person: str | None) -> Transport:
        """The browser of a person, logged in at the LMS; of None: nobody is logged in."""
        if person not in self._browsers:
            browser = WsgiTransport(self._app, self.base_url) if self._app is not None else HttpTransport()
            if person is not None:
                reply = browser.request("POST", f"{self.base_url}/login", form={"person": person})
                if reply.status != 303:
                    raise LookupError(f"{person} could not log in: {reply.status}")
            self._browsers[person] = browser
        return self._browsers[person]

    def page(self, person: str | None, path: str) -> Reply:
        """GET a page of the LMS as a person."""
        return self.browser(person).request("GET", urljoin(f"{self.base_url}/", path))

    def post(self, person: str | None, path: str, /, **form: str) -> Reply:
        """POST a form of the LMS as a person."""
        return self.browser(person).request("POST", urljoin(f"{self.base_url}/", path), form=form)

    def login_form(self, person: str, link: str, **overrides: str | None) -> dict[str, str]:
        """What the person's browser POSTs to the tool's login URL for a link; an override of None takes a value away."""
        return _changed(self._begin(person=person, link=link)["form"], overrides)

    def deep_link_form(self, person: str, course: str, **overrides: str | None) -> dict[str, str]:
        """The same for "add activity by deep linking" in a course."""
        return _changed(self._begin(person=person, course=course)["form"], overrides)

    def authorize(self, url: str, *, person: str | None = None) -> tuple[str, dict[str, str]]:
        """GET the authorization URL: (the form's action, {"id_token" or "error"..., "state"}).

        `person` is who is logged in at the LMS; left out, the one that login_hint names. Raises ValueError when the
        LMS shows an error page of its own (unknown client or redirect_uri).
        """
        reply = self.authorize_reply(url, person=person)
        action, values = form_of(reply.text)
        if action is None:
            raise ValueError(f"the LMS answered {reply.status} without a form")
        return action, values

    def authorize_reply(self, url: str, *, person: str | None = None) -> Reply:
        """The bare answer of the authorization endpoint."""
        hint = AuthRequest.parse(url).parameters.get("login_hint")
        return self.browser(person or self._people.get(hint or "", hint)).request("GET", url)

    def launch(
        self, client: Client, person: str, link: str | None = None, *, course: str | None = None, **login: str | None
    ) -> TestResponse:
        """A whole launch into a tool's test client; returns the answer to the launch POST (redirects not followed)."""
        auth = self.begin_at(client, person, link, course=course, **login)
        action, values = self.authorize(auth.url)
        return client.post(urlsplit(action).path, data=values, base_url=_origin(action))

    def begin_at(
        self, client: Client, person: str, link: str | None = None, *, course: str | None = None, **login: str | None
    ) -> AuthRequest:
        """The first half of a launch: the login, the cookie probe, and the authentication request it ends in."""
        begun = self._begin(person=person, course=course) if link is None else self._begin(person=person, link=link)
        action = str(begun["action"])
        answer = client.post(urlsplit(action).path, data=_changed(begun["form"], login), base_url=_origin(action))
        for _ in range(3):
            if answer.status_code not in (302, 303):
                raise AssertionError(f"login answered {answer.status_code}: {answer.get_data(as_text=True)[:500]}")
            location = urljoin(action, answer.headers["Location"])
            if location.startswith(self.base_url):
                return AuthRequest.parse(location)
            answer = client.get(location, base_url=_origin(action))
        raise AssertionError("login did not lead to the LMS")

    def begun(self, **asked: str | None) -> dict[str, Any]:
        """{person, link | course} -> {action, form}: what the person's browser POSTs to the tool, and where."""
        begun: dict[str, Any] = self.control("POST", "launch", asked)
        self._people[str(begun["form"]["login_hint"])] = str(asked["person"])
        return begun

    def sub_of(self, person: str) -> str:
        """The person's id in id_tokens, which is a number in the moodle profile; a stranger's name stays."""
        return str(self.control("GET", "people").get(person, person))

    # Forging

    def claims_for(self, person: str, link: str | None = None, *, course: str | None = None, nonce: str = "",
                   **changes: Any) -> dict[str, Any]:  # fmt: skip
        """The claims of a good id_token.

        `changes`: iss, aud, sub ... by name, LTI claims by their short name (roles, context, resource_link, custom ...);
        None takes a claim away.
        """
        asked = {"person": person, "nonce": nonce} | ({"course": course} if link is None else {"link": link})
        claims: dict[str, Any] = self.control("POST", "claims", asked)
        for name, value in changes.items():
            full = CLAIM + name if CLAIM + name in claims or name in LTI_CLAIMS else name
            if value is None:
                claims.pop(full, None)
            else:
                claims[full] = value
        return claims

    def key(self) -> tuple[str, str]:
        """(kid, private PEM) that the LMS signs with now."""
        found = self.control("GET", "key")
        return str(found["kid"]), str(found["pem"])

    def sign(self, claims: Any, *, pem: str | None = None, **header: Any) -> str:
        """A JWT over `claims` (or over any bytes), signed with the LMS's key unless `pem` is given.

        `header` changes the header: kid=None removes it, alg="none" | "HS256" | "RS512" | anything: see forging.forge.
        """
        kid, own = self.key()
        return forge(claims, {"typ": "JWT", "alg": "RS256", "kid": kid} | header, pem or own)

    # Control interface

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call /control/<path>; the JSON answer or None. Raises AssertionError for a refusal."""
        reply = self.browser(None).request(
            method, f"{self.base_url}/control/{path}", body=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert reply.status < 400, f"control {path}: {reply.status} {reply.text}"
        return json.loads(reply.text) if reply.text else None

    def fault(self, endpoint: str, kind: str, **plan: Any) -> None:
        """Plan misbehaviour: see lti_tool.demo.faults (status, html, nothing, close, delay, lose, lie)."""
        self.control("POST", "faults", {"endpoint": endpoint, "kind": kind} | plan)

    def behave(self) -> None:
        """End all planned misbehaviour."""
        self.control("DELETE", "faults")

    def rotate(self, *, keep_old: bool = True) -> str:
        """Let the LMS sign with a new key; its kid."""
        return str(self.control("POST", "rotate", {"keep_old": keep_old})["kid"])

    def profile(self, name: str) -> None:
        """Imitate another kind of LMS: plain or moodle."""
        self.control("POST", "profile", {"name": name})

    def storage(self, kind: str, *, is_repeated: bool = False) -> None:
        """Switch platform storage: none, parent (the page stores), frame (a hidden frame of it), silent (never answers).

        `is_repeated`: the launch POST carries lti_storage_target as well, as Canvas does and Blackboard does not.
        """
        self.control("POST", "storage", {"kind": kind, "is_repeated": is_repeated})

    def type_over(self, person: str, line_item: int, score: float, *, locked: bool = False) -> None:
        """A teacher's own grade in a cell: later scores are answered 200 and change nothing; locked: 500 (Moodle), 403."""
        asked = {"person": person, "line_item": line_item, "score": score, "locked": locked}
        self.control("POST", "teacher-grade", asked)

    def deep_linking(self, **settings: Any) -> None:
        """Change what deep linking requests accept (accept_multiple=False ...); None takes a member away."""
        self.control("POST", "deep-linking", settings)

    def refusals(self) -> list[str]:
        """Reasons of what the LMS refused to tools so far: protocol, tokens, services, deep linking; nothing planned."""
        return [str(row["reason"]) for row in self.control("GET", "refusals")]

    def enrol(self, person: str, course: str = "course-1", role: str = "Learner", status: str = "Active") -> None:
        """Enrol somebody, or change his role or status."""
        self.control("POST", "enrolment", {"course": course, "person": person, "role": role, "status": status})

    def unenrol(self, person: str, course: str = "course-1") -> None:
        """Take somebody out: the list does not name him any more."""
        self.control("DELETE", "enrolment", {"course": course, "person": person})

    def roster(self, **settings: Any) -> None:
        """What the roster service does from now on: see lti_tool.demo.nrps (differences, anonymous, most ...)."""
        self.control("POST", "roster", settings)

    def group(self, group: str, name: str, *persons: str, course: str = "course-1", in_set: str = "") -> None:
        """Make a group, or change its name, its people and the set that it stands in."""
        self.control("POST", "group", {"course": course, "id": group, "name": name, "persons": persons, "set": in_set})

    def allow_grades(self, link: str, *, allowed: bool = True) -> None:
        """Tick or untick "allow grades" of a link."""
        self.control("POST", "grades", {"link": link, "allowed": allowed})

    def gradebook(self, course: str | None = None) -> dict[tuple[str, str], dict[str, Any]]:
        """What stands in the gradebook, by (column label, person id).

        Each cell: score, maximum, activity_progress, grading_progress, comment, timestamp, received_at, line_item, course;
        one whose score was taken away has score None.
        """
        rows = self.control("GET", "gradebook" + (f"?course={course}" if course else ""))
        return {(str(row["column"]), str(row["user"])): row for row in rows}

    def score_log(self) -> list[dict[str, Any]]:
        """Every score POST that came in, oldest first: who, value, timestamp, received_at, status answered, was_stored."""
        rows: list[dict[str, Any]] = self.control("GET", "score-log")
        return rows

    def _begin(self, **asked: str | None) -> dict[str, Any]:
        return self.begun(**asked)


LTI_CLAIMS = frozenset({
    "message_type", "version", "deployment_id", "target_link_uri", "resource_link", "roles", "context", "custom",
    "launch_presentation", "tool_platform", "lis", "ext", "role_scope_mentor", "lti1p1", "for_user",
})  # fmt: skip


def form_of(page: str) -> tuple[str | None, dict[str, str]]:
    """(action, hidden values) of the first form of a page; (None, {}) without one."""
    action = re.search(r'<form[^>]*\baction="([^"]*)"', page)
    values = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    if action is None:
        return None, {}
    return html.unescape(action[1]), {html.unescape(name): html.unescape(value) for name, value in values}


def _changed(form: Mapping[str, str], overrides: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**form, **overrides}.items() if value is not None}


def _origin(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))
