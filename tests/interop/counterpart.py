"""A platform that we did not write: the PyPI package lti1p3platform, served with what it leaves to its user.

Runs in an environment of its own, with none of our packages: `.venv/interop/bin/python tests/interop/counterpart.py
config.json PORT`. The protocol (login request, id_token, tokens, claims, media types, checks of what a tool sends) is the
package's; here are only a web server, two people, one course, and lists that keep what came in. GET /seen shows them.
"""

import json
import sys
from datetime import datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lti1p3platform.exceptions import LineItemNotFoundException, LtiServiceException
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from lti1p3platform.response import Response, generate_next_link
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService

ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
PEOPLE = {"teacher": ("Instructor", "王老师"), "learner": ("Learner", "李小明")}
COURSE = "course-1"


class Place:
    """What the platform knows: the tool's file, its own address and keys, and what has come in."""

    def __init__(self, config: dict[str, Any], url: str) -> None:
        self.config, self.url = config, url
        self.columns: dict[str, dict[str, Any]] = {}
        self.scores: list[dict[str, Any]] = []
        self.items: list[dict[str, Any]] = []
        self.refusals: list[str] = []
        self.platform = Platform(place=self)

    def link(self, link_id: str) -> dict[str, Any]:
        links = [link for course in self.config["courses"] for link in course["links"]]
        return next(dict(link) for link in links if link["resource_link_id"] == link_id)

    def add_column(self, values: dict[str, Any]) -> dict[str, Any]:
        number = str(len(self.columns) + 1)
        self.columns[number] = values | {"id": f"{self.url}/lineitems/{number}/lineitem"}
        return self.columns[number]

    def column_of(self, link_id: str) -> str | None:
        found = [column["id"] for column in self.columns.values() if column.get("resourceLinkId") == link_id]
        return str(found[0]) if len(found) == 1 else None


class Platform(LTI1P3PlatformConfAbstract):
    """The registration of the tool."""

    def init_platform_config(self, **known: Any) -> None:
        self.place: Place = known["place"]
        self.get_registration()

    def get_registration_by_params(self, **_: Any) -> Registration:
        config, keys = self.place.config, self.place.config["keys"]
        return (
            Registration()
            .set_iss(self.place.url)
            .set_client_id(config["client_id"])
            .set_deployment_id(config["deployment_id"])
            .set_oidc_login_url(config["login_url"])
            .set_launch_url(config["launch_url"])
            .set_deeplink_launch_url(config["deep_link_url"])
            .set_tool_key_set_url(config["jwks_url"])
            .set_platform_public_key(keys["public"])
            .set_platform_private_key(keys["private"])
        )


class Asked(Request):
    """An HTTP request in the shape that the package wants."""

    def build_metadata(self, request: "Handler") -> dict[str, Any]:
        parts, kind = urlsplit(request.path), request.headers.get("Content-Type", "")
        body = request.body()
        return {
            "method": request.command,
            "path": parts.path,
            "get_data": dict(parse_qsl(parts.query)),
            "form_data": dict(parse_qsl(body.decode())) if "urlencoded" in kind else {},
            "headers": request.headers,
            "content_type": kind,
            "json": json.loads(body) if "json" in kind else None,
        }


class Login(OIDCLoginAbstract):
    """Begins launches; the message hint says what is launched."""

    def set_lti_message_hint(self, **what: Any) -> None:
        self._lti_message_hint = json.dumps(what)

    def get_redirect(self, url: str) -> str:
        return url


class Launch(LTIAdvantageMessageLaunchAbstract):
    """Ends them with an id_token."""

    def prepare_launch(self, preflight_response: dict[str, Any]) -> None:
        place, person = self._platform_config.place, preflight_response["login_hint"]
        what = json.loads(preflight_response["lti_message_hint"])
        role, name = PEOPLE[person]
        self.set_user_data(person, [ROLE + role], name, f"{person}@school.example")
        self.set_launch_context_claim(COURSE, context_title="Interop", context_label="IO")
        self.set_launch_presentation_claim("iframe", f"{place.url}/course")
        self.set_nrps(f"{place.url}/members")
        if "link" not in what:
            self.set_dl(f"{place.url}/dl-return", accept_types={"ltiResourceLink"}, extra_data={"asked": "interop"})
            self.set_ags(f"{place.url}/lineitems")
            return
        link = place.link(what["link"])
        self.set_ags(f"{place.url}/lineitems", place.column_of(what["link"]))
        self.set_launch_url(link["url"])
        self.set_resource_link_claim(what["link"], title=link["title"])
        self.set_custom_parameters_claim(link["custom"])

    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> str:
        values = "".join(
            f'<input type="hidden" name="{name}" value="{escape(launch_data[name])}">' for name in ("id_token", "state")
        )
        return f'<form method="post" action="{escape(launch_data["launch_url"])}">{values}</form>'


class Grades(AssignmentsGradesService):
    """Columns and scores, in lists."""

    def __init__(self, asked: Asked, place: Place) -> None:
        self.place = place
        super().__init__(asked, place.platform, f"{place.url}/lineitems")

    def find_lineitems(self, page: int = 1, limit: int | None = None, **wanted: str | None) -> dict[str, Any]:
        names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        found = [
            column
            for column in self.place.columns.values()
            if all(column.get(names[name]) == value for name, value in wanted.items() if name in names)
        ]
        return {"content": found, "has_next": False}

    def find_lineitem(self, line_item_id: str) -> dict[str, Any]:
        if line_item_id not in self.place.columns:
            raise LineItemNotFoundException
        return self.place.columns[line_item_id]

    def create_lineitem(self, creation_data: dict[str, Any]) -> dict[str, Any]:
        return self.place.add_column(creation_data)

    def update_lineitem(self, update_data: dict[str, Any]) -> dict[str, Any]:
        column = self.find_lineitem(update_data["id"])
        column.update(update_data, id=column["id"])
        return column

    def delete_lineitem(self, line_item_id: str) -> None:
        self.find_lineitem(line_item_id)
        del self.place.columns[line_item_id]

    def update_score(self, line_item_id: str, score: dict[str, Any]) -> UpdateScoreStatus:
        self.find_lineitem(line_item_id)
        known = (one for one in self.place.scores if (one["column"], one["userId"]) == (line_item_id, score["userId"]))
        moment = datetime.fromisoformat(score["timestamp"])
        if any(datetime.fromisoformat(one["timestamp"]) >= moment for one in known):
            return UpdateScoreStatus.OLD_TIMESTAMP
        self.place.scores.append(score | {"column": line_item_id})
        return UpdateScoreStatus.SUCCESS

    def get_results(
        self, line_item_id: str, page: int = 1, limit: int | None = None, user_id: str | None = None
    ) -> dict[str, Any]:
        column = self.find_lineitem(line_item_id)
        last = {one["userId"]: one for one in self.place.scores if one["column"] == line_item_id}
        found = [
            {"id": f"{column['id']}/results/{person}", "userId": person, "resultScore": score["scoreGiven"],
             "resultMaximum": score["scoreMaximum"], "scoreOf": column["id"]}
            for person, score in last.items() if user_id in (None, person)
        ]  # fmt: skip
        return {"content": found, "has_next": False}


class Members(NamesRoleProvisioningService):
    """The two people, a page each: with a third page the package would add a number to a text."""

    def __init__(self, asked: Asked, place: Place) -> None:
        super().__init__(asked, place.platform, f"{place.url}/members")

    def get_context_by_id(self) -> Context:
        return Context(COURSE, "IO", "Interop")

    def is_resource_link_valid(self, context_id: str, resource_link_id: str) -> bool:
        return True

    def get_member_data_page(self, page: str | int = 1, limit: str | None = None, **_: Any) -> dict[str, Any]:
        people = [{"user_id": who, "roles": [ROLE + role], "name": name} for who, (role, name) in PEOPLE.items()]
        if limit is None:
            return {"content": people, "has_next": False}
        return {"content": people[int(page) - 1 : int(page)], "has_next": int(page) == 1}


class Handler(BaseHTTPRequestHandler):
    """The addresses of the platform."""

    place: Place

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002 - the name that http.server calls it by
        """Nobody reads it."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_PUT(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def answer(self) -> None:
        """Any error of the package is a refusal: it is shown in /seen and answered 400."""
        path = urlsplit(self.path).path
        try:
            self.route(path)
        except LtiServiceException as error:
            self.place.refusals.append(f"{path}: {error.message}")
            self.send(error.status_code, error.message.encode(), "text/plain")
        except Exception as error:  # noqa: BLE001 - whatever the package says no with
            self.place.refusals.append(f"{path}: {type(error).__name__} {error}")
            self.send(400, repr(error).encode(), "text/plain")

    def route(self, path: str) -> None:
        place = self.place
        match path.strip("/").split("/"):
            case ["jwks"]:
                self.show(place.platform.get_jwks())
            case ["seen"]:
                self.show({"columns": place.columns, "scores": place.scores, "items": place.items,
                           "refusals": place.refusals})  # fmt: skip
            case ["column"]:
                asked = Asked(self).json
                self.show(place.add_column(asked))
            case ["begin"]:
                self.begin(Asked(self).get_data)
            case ["auth"]:
                self.page(Launch(Asked(self), place.platform).lti_launch())
            case ["token"]:
                self.show(place.platform.get_access_token(Asked(self).form_data))
            case ["dl-return"]:
                place.items += place.platform.validate_deeplinking_resp(Asked(self).form_data)
                self.page("<p>added</p>")
            case ["members"]:
                service = Members(Asked(self), place)
                self.result(service.handle_resp(service.handle_get_members))
            case ["lineitems", *rest]:
                self.grades(Grades(Asked(self), place), rest)
            case _:
                self.send(404, b"", "text/plain")

    def begin(self, asked: dict[str, str]) -> None:
        login = Login(None, self.place.platform)
        if "link" in asked:
            login.set_launch_url(self.place.link(asked["link"])["url"])
            login.set_lti_message_hint(link=asked["link"])
        else:
            login.set_deeplinking_launch_url()
            login.set_lti_message_hint(course=COURSE)
        self.send_response(302)
        self.send_header("Location", login.initiate_login(asked["person"]))
        self.end_headers()

    def grades(self, service: Grades, rest: list[str]) -> None:
        handlers: dict[tuple[str, str], Any] = {
            ("GET", ""): service.handle_get_lineitems, ("POST", ""): service.handle_create_lineitem,
            ("GET", "lineitem"): service.handle_get_lineitem, ("PUT", "lineitem"): service.handle_update_lineitem,
            ("DELETE", "lineitem"): service.handle_delete_lineitem, ("POST", "scores"): service.handle_update_score,
            ("GET", "results"): service.handle_get_results,
        }  # fmt: skip
        handler = handlers[self.command, rest[-1] if rest else ""]
        self.result(service.handle_resp(handler, **({"line_item_id": rest[0]} if rest else {})))

    def result(self, found: Response) -> None:
        """An answer of a service, as the package's own adapters for web frameworks write it."""
        if found.code >= 400:
            self.place.refusals.append(f"{self.command} {self.path}: {found.code} {found.message}")
        content, following = found.result, None
        if isinstance(content, dict):
            content, following = content.get("content", content), content.get("next")
        body = b"" if content is None else json.dumps(content).encode()
        self.send(found.code, body, found.media_type, generate_next_link(following) if following else "")

    def show(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), "application/json")

    def page(self, text: str) -> None:
        self.send(200, text.encode(), "text/html; charset=utf-8")

    def send(self, status: int, body: bytes, kind: str, link: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if link:
            self.send_header("Link", link)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serves until it is stopped."""
    port = int(sys.argv[2])
    Handler.place = Place(json.loads(Path(sys.argv[1]).read_text("utf-8")), f"http://localhost:{port}")
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
