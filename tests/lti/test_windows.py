"""No script of ours opens a window or sends a form by itself: browsers want a press, and so do people (WS-13)."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.lti.world import ORIGIN, World

SCRIPTS = Path(__file__).resolve().parents[2] / "lti_tool" / "static" / "js"


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.js")), ids=lambda path: path.name)
def test_WS_13_no_module_opens_a_window(path: Path) -> None:
    assert re.findall(r"\b(?:window|self|top|globalThis)\.open\(", path.read_text("utf-8")) == []


def test_WS_13_the_page_for_a_new_window_has_a_button_and_works_without_scripts(
    world: World, browser: FlaskClient
) -> None:
    form = world.lms.login_form("member1", "link-a")
    probe = browser.post("/lti/login", data=form, base_url=ORIGIN).headers["Location"]
    page = world.app.test_client(use_cookies=False).get(probe, base_url=ORIGIN).get_data(as_text=True)
    found = re.search(r'<form[^>]*method="post"[^>]*target="_blank".*?</form>', page, re.DOTALL)
    assert found is not None
    assert len(re.findall(r"<button", found[0])) == 1
    assert "autofocus" not in found[0]
    assert not re.search(r"\son[a-z]+=", page)
