"""Static files: addresses with a hash, long cache, compression, joined style sheets."""

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lti_tool.core import assets
from lti_tool.core.assets import Assets


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("test", static_folder=None)
    app.extensions["files"] = assets.install(app)
    return app.test_client()


def test_address_of_this_build_is_cached_for_a_year(client: FlaskClient) -> None:
    files: Assets = client.application.extensions["files"]
    answer = client.get(files.url("css/face.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.mimetype == "text/css"


def test_address_of_another_build_is_served_but_not_cached(client: FlaskClient) -> None:
    answer = client.get("/static/0123456789ab/js/page.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"


def test_style_sheet_is_one_answer_without_comments(client: FlaskClient) -> None:
    text = client.get("/static/x/css/face.css").text
    assert "@import" not in text
    assert "/*" not in text
    assert "--paper: #faf8f5" in text
    assert ".task__title" in text


def test_text_is_compressed_for_those_who_accept_it(client: FlaskClient) -> None:
    plain = client.get("/static/x/css/face.css")
    packed = client.get("/static/x/css/face.css", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) < 20_000


@pytest.mark.parametrize("name", ["../app.py", "css/../../app.py", "nothing.css", "css", "%2e%2e/app.py"])
def test_what_is_not_a_file_of_the_folder_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/x/{name}").status_code == 404


def test_build_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}", encoding="utf-8")
    before = Assets(tmp_path).build
    assert Assets(tmp_path).build == before
    (tmp_path / "a.css").write_text("b{}", encoding="utf-8")
    assert Assets(tmp_path).build != before


def test_live_files_are_read_anew_and_never_cached(tmp_path: Path) -> None:
    path = tmp_path / "a.css"
    path.write_text("a{}", encoding="utf-8")
    files = Assets(tmp_path, is_live=True)
    assert files.url("a.css") == "/static/live/a.css"
    path.write_text("b{}", encoding="utf-8")
    found = files.get("a.css")
    assert found is not None
    assert found.body == b"b{}"
    with Flask("test").test_request_context():
        assert files.serve("live", "a.css").headers["Cache-Control"] == "no-cache"


def test_every_style_sheet_is_part_of_the_face() -> None:
    folder = assets.FOLDER / "css"
    named = (folder / "face.css").read_text(encoding="utf-8")
    for path in folder.glob("*.css"):
        assert path.name == "face.css" or f'"{path.name}"' in named, f"{path.name} is not imported by face.css"


def test_style_sheets_hold_no_literal_colour_outside_tokens() -> None:
    allowed = {"tokens.css", "player.css", "components.css"}  # the player is dark in both schemes
    for path in (assets.FOLDER / "css").glob("*.css"):
        if path.name not in allowed:
            text = re.sub(r"@media print \{.*?\n\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgb\(|oklch\(", text), path.name


def test_icon_may_be_shown_by_pages_of_an_lms(client: FlaskClient) -> None:
    assert client.get("/static/lms/icon.svg").headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Cross-Origin-Resource-Policy" not in client.get("/static/lms/icons.svg").headers
