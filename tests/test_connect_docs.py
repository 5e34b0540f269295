"""docs/connect says what the code has: addresses, fields, custom parameters, registration files, codes."""

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing.exceptions import RequestRedirect

from lti_tool.core.assets import ICON
from lti_tool.launch.connecting import LMSS, paste_table, values
from lti_tool.launch.reasons import REASONS
from lti_tool.launch.registrations import RegistrationForm
from lti_tool.launch.rules.tool_configuration import CUSTOM

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "connect"
PUBLIC = "https://dangke.example.edu"
ICON_PATH = f"/static/lms/{ICON}"
PAGES = sorted(FOLDER.glob("*.md"))
KINDS = sorted(set(LMSS) - {"other"})
pytestmark = pytest.mark.once


def read(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text("utf-8")


def test_every_lms_has_a_page_and_the_index_leads_to_it() -> None:
    assert [path.stem for path in PAGES if path.stem != "README"] == KINDS
    index = read("README")
    assert [name for name in KINDS if f"({name}.md)" not in index] == []
    assert "docs/connect" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_page_has_the_table_that_dangke_connect_prints(kind: str) -> None:
    page, ours = read(kind), set(values(PUBLIC, ICON_PATH).values())
    for name, value in paste_table(kind, PUBLIC, ICON_PATH):
        shown = "<br>".join(f"`{line}`" for line in value.split("\n")) if value in ours else value
        assert f"| {name} | {shown} |" in page, name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_addresses_of_ours_are_routes(path: Path, app: Flask) -> None:
    routes = app.url_map.bind("dangke.example.edu", url_scheme="https")
    found = set(re.findall(rf"{re.escape(PUBLIC)}(/[\w./-]*[\w])", path.read_text("utf-8")))
    assert found
    for address in found:
        try:
            assert any(routes.test(address, method) for method in ("GET", "POST")), address
        except RequestRedirect:  # pragma: no cover - a page must name the address itself
            pytest.fail(address)


def test_custom_parameters_are_those_that_we_ask_for() -> None:
    lines = "\n".join(f"{name}={value}" for name, value in CUSTOM.items())
    assert f"```\n{lines}\n```" in read("README")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_registration_files_can_be_registered(path: Path) -> None:
    found = re.findall(r"```json\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    assert found
    for text in found:
        form = RegistrationForm(**json.loads(text))
        assert form.family == ("" if path.stem == "README" else path.stem)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_tried_says_so_and_how_it_is_seen_to_work(kind: str) -> None:
    page = read(kind)
    assert "ot tried on a real" in page or "not yet run against a school's Moodle" in page
    for part in ("## What to ask", "## What", "not work there", "## How to see that it works") if kind != "chaoxing" else (
        "请学校的超星服务人员办理", "may not work there", "## How to see that it works",
    ):  # fmt: skip
        assert part in page, part


def test_codes_of_the_index_are_codes_of_refusals() -> None:
    codes = set(re.findall(r"LTI-[A-Z]{2}-\d\d", "".join(path.read_text("utf-8") for path in PAGES)))
    assert codes - {reason.code for reason in REASONS.values()} == set()


def test_members_of_a_registration_file_exist() -> None:
    named = re.findall(r"^\| `(\w+)` \| ", read("README"), re.MULTILINE)
    assert named
    assert set(named) <= set(RegistrationForm.model_fields)
