"""The doctor finds what is wrong, says what to do, and ends with 1."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.serving import make_server

from tests.cli.conftest import Dangke
from tests.lms_server import QuietHandler
from tests.processes import free_port

GOOD_KEYS = json.dumps({"keys": [{"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"}]})


@contextmanager
def platform(*, keys: str = GOOD_KEYS, token_status: int = 400, ahead: timedelta = timedelta(0)) -> Iterator[str]:
    """The two addresses of an LMS that the doctor looks at; its URL."""
    app = Flask("platform")

    @app.after_request
    def date(response: Response) -> Response:
        response.headers["Date"] = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
        return response

    app.add_url_rule("/jwks", "jwks", lambda: Response(keys, mimetype="application/json"))
    app.add_url_rule("/token", "token", lambda: Response("{}", token_status), methods=["POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def registered(migrated: Dangke, tmp_path: Path) -> Callable[..., Dangke]:
    """registered(url): with an LMS at that address."""

    def register(url: str, **changes: Any) -> Dangke:
        addresses = {f"{name}_url": f"{url}/{name}" for name in ("auth", "token", "jwks")}
        data: Mapping[str, Any] = {"issuer": url, "client_id": "abc", "name": "Our LMS", **addresses, **changes}
        (tmp_path / "lms.json").write_text(json.dumps(data))
        assert migrated("register", "--from", "lms.json").code == 0
        return migrated

    return register


def bad_lines(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith("BAD")]


@pytest.mark.shows("C-03")
def test_all_well_ends_with_0(registered: Callable[..., Dangke]) -> None:
    with platform() as url:
        done = registered(url)("doctor")
    assert (done.code, bad_lines(done.out)) == (0, []), done.out
    for subject in ("settings", "database", "tool key", "key set", "token endpoint", "clock"):
        assert subject in done.out


@pytest.mark.shows("C-03")
def test_database_that_nobody_migrated(dangke: Dangke) -> None:
    done = dangke("doctor")
    assert done.code == 1
    assert "dangke migrate" in bad_lines(done.out)[0]


@pytest.mark.shows("C-03")
def test_key_that_the_secret_does_not_open(migrated: Dangke, environment: pytest.MonkeyPatch) -> None:
    former = secrets.token_urlsafe(48)
    environment.setenv("DANGKE_SECRET", former)
    migrated("migrate", "--down", "--to", "base")
    migrated("migrate")
    assert migrated("doctor").code == 0
    environment.setenv("DANGKE_SECRET", secrets.token_urlsafe(48))
    done = migrated("doctor")
    assert done.code == 1
    assert "DANGKE_SECRET_PREVIOUS" in bad_lines(done.out)[0]
    environment.setenv("DANGKE_SECRET_PREVIOUS", former)
    assert migrated("doctor").code == 0


@pytest.mark.shows("C-03")
def test_lms_that_cannot_be_reached(registered: Callable[..., Dangke]) -> None:
    done = registered(f"http://127.0.0.1:{free_port()}")("doctor")
    assert done.code == 1
    found = bad_lines(done.out)
    assert ["key set" in found[0], "token endpoint" in found[1]] == [True, True]
    assert all("cannot be reached" in line for line in found)


@pytest.mark.shows("C-03")
@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(minutes=-2)])
def test_clock_that_is_off(registered: Callable[..., Dangke], ahead: timedelta) -> None:
    with platform(ahead=ahead) as url:
        done = registered(url)("doctor")
    assert done.code == 1
    assert [("clock" in line, "NTP" in line) for line in bad_lines(done.out)] == [(True, True)]


@pytest.mark.shows("C-03")
@pytest.mark.parametrize(
    "keys", ["<html>log in</html>", "{}", '{"keys": []}', '{"keys": {"a": 1}}', '{"keys": [1]}', "[]"]
)
def test_key_set_that_is_none(registered: Callable[..., Dangke], keys: str) -> None:
    with platform(keys=keys) as url:
        done = registered(url)("doctor")
    assert done.code == 1
    assert ["key set" in line for line in bad_lines(done.out)] == [True]


@pytest.mark.shows("C-03")
@pytest.mark.parametrize("status", [200, 302, 404, 405, 500])
def test_token_endpoint_that_is_none(registered: Callable[..., Dangke], status: int) -> None:
    with platform(token_status=status) as url:
        done = registered(url)("doctor")
    assert done.code == 1
    assert [("token endpoint" in line, str(status) in line) for line in bad_lines(done.out)] == [(True, True)]


def test_demo_registration_outside_a_demo(migrated: Dangke, environment: pytest.MonkeyPatch) -> None:
    assert migrated("seed", "--lms-url", f"http://localhost:{free_port()}").code == 0
    environment.setenv("DANGKE_ENV", "development")
    done = migrated("doctor")
    assert done.code == 1
    assert "demo registration" in bad_lines(done.out)[0]
