"""The page of components and the pages of the frame, in both languages."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from lti_tool.app import create_app
from lti_tool.core import templating
from lti_tool.core.components import PAGES
from lti_tool.core.config import Env, Settings
from lti_tool.core.i18n import Language

ADDRESSES = ["/components", *(f"/components/pages/{name}" for name in PAGES)]


class Outline(HTMLParser):
    """What matters of a page for those who do not see it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.styled: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in given:
            self.ids.append(str(given["id"]))
        self.styled += [tag for name in given if name == "style" or name.startswith("on")]
        if tag == "script":
            self.scripts.append(given)


@pytest.fixture(params=[(address, language) for address in ADDRESSES for language in Language], ids=str)
def page(app: Flask, request: pytest.FixtureRequest) -> str:
    address, language = request.param
    answer = app.test_client().get(address, query_string={"lang": language.value})
    assert answer.status_code == 200
    text = answer.text
    assert f'<html lang="{language.value}"' in text
    return text


def test_page_has_one_title_and_ordered_headings(page: str) -> None:
    levels = Outline(page).headings
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_page_has_no_id_twice_and_no_inline_style_or_script(page: str) -> None:
    outline = Outline(page)
    assert sorted(outline.ids) == sorted(set(outline.ids))
    assert outline.styled == []
    assert all(script.get("src") and script.get("nonce") for script in outline.scripts)


def test_unknown_page_is_not_found(app: Flask) -> None:
    assert app.test_client().get("/components/pages/nothing").status_code == 404


@pytest.fixture
def production(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings.model_copy(update={"env": Env.production, "public_url": "https://tool.example"}))
    yield app
    app.extensions["dangke"].renderer.close()
    app.extensions["dangke"].database.dispose()


def test_components_do_not_exist_in_production(production: Flask) -> None:
    assert production.test_client().get("/components").status_code == 404


def called(node: nodes.Node) -> set[str]:
    """Names of what a template or macro calls: {{ f(...) }} and {% call f(...) %}."""
    return {call.node.name for call in node.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}


def parsed(path: Path) -> nodes.Template:
    return Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(path.read_text(encoding="utf-8"))


@pytest.mark.shows("A-03")
def test_every_component_stands_on_the_page_of_components() -> None:
    templates = Path(templating.__file__).parents[1] / "templates"
    macros = {
        macro.name: called(macro)
        for path in (templates / "components").glob("*.html")
        for macro in parsed(path).find_all(nodes.Macro)
    }
    # What the frame of every page uses stands there too.
    shown = called(parsed(templates / "developer" / "components.html")) | called(parsed(templates / "base.html"))
    # A component may stand inside another one.
    while inner := {name for each in shown & set(macros) for name in macros[each]} - shown:
        shown |= inner
    assert len(macros) > 20
    assert set(macros) <= shown


@pytest.mark.shows("A-03")
def test_page_of_components_is_there_for_developers(app: Flask) -> None:
    answer = app.test_client().get("/components", query_string={"lang": "en"})
    assert answer.status_code == 200
    for heading in ("States", "Buttons", "Form", "Progress", "Notices", "Table", "Icons"):
        assert f"<h2>{heading}</h2>" in answer.text
