"""What an administrator copies, the words of the pages, and answers that keep a pace."""

import re
import time
from pathlib import Path

from lti_tool.demo import texts
from tests.demo.conftest import ISSUER
from tests.lms_client import LmsDriver

DEMO = Path(texts.__file__).parent


def test_registration_names_what_a_tool_must_know(lms: LmsDriver) -> None:
    assert lms.page(None, "/.well-known/dangke-registration.json").json() == {
        "issuer": ISSUER, "client_id": "dangke-demo", "deployment_id": "1", "auth_url": f"{ISSUER}/auth",
        "token_url": f"{ISSUER}/token", "jwks_url": f"{ISSUER}/jwks",
    }  # fmt: skip
    configuration = lms.page(None, "/.well-known/openid-configuration").json()
    assert (configuration["issuer"], configuration["token_endpoint"]) == (ISSUER, f"{ISSUER}/token")


def test_every_word_of_the_pages_has_its_english(lms: LmsDriver) -> None:
    pages = "".join(path.read_text("utf-8") for path in DEMO.glob("templates/demo/*.html"))
    used = set(re.findall(r"""\bt\(["']([^"']+)["']""", pages)) | {"教师", "学生"}
    assert used == set(texts.ENGLISH)


def test_paced_answer_takes_at_least_its_time(lms: LmsDriver) -> None:
    lms.fault("jwks", "pace", delay_ms=40)
    begun = time.monotonic()
    assert lms.page(None, "/jwks").status == 200
    assert time.monotonic() - begun >= 0.04


def test_demo_imports_nothing_of_the_product() -> None:
    found = re.findall(
        r"^\s*(?:from|import) (lti_tool[\w.]*|courses|quizzes|forum|pylti1p3)",
        "\n".join(path.read_text("utf-8") for path in DEMO.glob("*.py")),
        re.MULTILINE,
    )
    assert {name for name in found if not name.startswith("lti_tool.demo")} == set()
