"""`dangke invite`, `connect`, `registrations` and the dry run say what to do next."""

import json
from pathlib import Path

import pytest

from lti_tool.launch.connecting import LMSS
from tests.cli.conftest import Dangke
from tests.cli.test_doctor import bad_lines
from tests.cli.test_doctor import platform as running_platform
from tests.cli.test_keys import register


def test_DR_01_invitation_is_a_link_with_the_secret_behind_the_hash(migrated: Dangke) -> None:
    made = migrated("invite", "--tenant", "First school")
    (link,) = made.out.split()
    address, _, secret = link.partition("#")
    assert address == "http://127.0.0.1:8000/lti/register"
    assert len(secret) >= 43
    assert "10 minutes" in made.err
    assert migrated("invite", "--tenant", "First school").out != made.out


def test_invitation_needs_a_school_and_a_zone_that_exists(migrated: Dangke) -> None:
    assert migrated("invite").code == 2
    assert migrated("invite", "--tenant", " ").code == 1
    assert "time zone" in migrated("invite", "--tenant", "School", "--timezone", "Mars/Olympus").sentence


@pytest.mark.parametrize("lms", sorted(LMSS))
def test_connect_prints_what_to_paste_and_what_to_bring_back(migrated: Dangke, tmp_path: Path, lms: str) -> None:
    shown = migrated("connect", "--lms", lms)
    assert shown.code == 0
    for path in ("/lti/launch", "/lti/login", "/lti/jwks.json"):
        assert f"http://127.0.0.1:8000{path}" in shown.out
    if lms == "moodle":
        assert "context_id_history=$Context.id.history" in shown.out
        assert "$ResourceLink" not in shown.out, "Moodle sends variables that it does not know as they are written"
    start = shown.out.index("{")
    template = json.loads(shown.out[start : shown.out.rindex("}") + 1])
    filled = {name: "https://lms.example/x" if name.endswith("_url") else value for name, value in template.items()}
    (tmp_path / "registration.json").write_text(json.dumps(filled))
    done = migrated("register", "--from", "registration.json")
    assert done.code == 0, done.err
    assert "dangke doctor --registration 1" in done.out


def test_registrations_are_listed_with_number_and_state(migrated: Dangke, tmp_path: Path) -> None:
    assert "dangke invite" in migrated("registrations").out
    register(migrated, tmp_path, deployment_ids=["1", "2"], tenant="First school")
    listed = migrated("registrations").out
    for part in ("1  pending", "Our LMS", "First school", "https://lms.example", "abc", "1, 2", "never"):
        assert part in listed


@pytest.mark.parametrize(("language", "mend"), [("en", "cURL blocked hosts"), ("zh-CN", "启用")])
def test_dry_run_names_the_failing_step_and_its_mend(
    migrated: Dangke, tmp_path: Path, language: str, mend: str
) -> None:
    with running_platform(token_status=404) as url:
        addresses = {f"{name}_url": f"{url}/{name}" for name in ("auth", "token", "jwks")}
        register(migrated, tmp_path, issuer=url, family="moodle", deployment_ids=["1"], **addresses)
        done = migrated("doctor", "--registration", "1", "--language", language)
    assert done.code == 1
    assert mend in done.out
    assert len(bad_lines(done.out)) == 2  # The platform's key is too small, and it may not fetch ours.


def test_dry_run_of_a_registration_that_is_not_there(migrated: Dangke) -> None:
    done = migrated("doctor", "--registration", "99")
    assert (done.code, "dangke registrations" in done.sentence) == (1, True)


def test_DR_08_deployment_that_the_answer_did_not_name_is_accepted_by_the_operator(
    migrated: Dangke, tmp_path: Path
) -> None:
    register(migrated, tmp_path)
    assert migrated("deployment", "1", "7:abc").code == 0
    assert migrated("deployment", "1", "7:abc").code == 0
    assert "deployments: 7:abc;" in migrated("registrations").out
    assert migrated("deployment", "99", "7").code == 1
    for odd in ("", "x" * 256, "编号", "a\nb"):
        assert migrated("deployment", "1", odd).code == 1


def test_link_into_the_console_has_its_secret_behind_the_hash(migrated: Dangke) -> None:
    made = migrated("admin-link", "--name", "Wang")
    (link,) = made.out.split()
    address, _, secret = link.partition("#")
    assert address == "http://127.0.0.1:8000/admin/enter"
    assert len(secret) == 43
    assert "10 minutes" in made.err
    assert secret not in made.err
    assert migrated("admin-link").out != made.out
