"""`dangke keys` and `dangke allow-host`: each step says what comes next, and a refusal says why."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from lti_tool.cli import registering
from tests.cli.conftest import Dangke

SECRET = "a secret of this installation, 0123456789"


def register(run: Dangke, tmp_path: Path, **changes: Any) -> None:
    """An LMS of somebody's."""
    data = {"issuer": "https://lms.example", "client_id": "abc", "name": "Our LMS",
            **{f"{name}_url": f"https://lms.example/{name}" for name in ("auth", "token", "jwks")}, **changes}  # fmt: skip
    (tmp_path / "lms.json").write_text(json.dumps(data))
    assert run("register", "--from", "lms.json").code == 0


def kids(run: Dangke) -> dict[str, str]:
    return {line.split()[0]: line.split()[1] for line in run("keys").out.splitlines()}


def test_TO_16_a_key_is_announced_waits_signs_and_is_destroyed(migrated: Dangke) -> None:
    (old,) = kids(migrated)
    new = migrated("keys", "announce").out.split()[0]
    assert kids(migrated) == {old: "active", new: "announced"}
    early = migrated("keys", "activate", new)
    assert early.code == 1
    assert "24 hours" in early.sentence
    assert migrated("keys", "activate", new, "--urgent").code == 0
    assert kids(migrated) == {old: "retired", new: "active"}
    assert "7 days" in migrated("keys", "destroy", old).sentence
    assert migrated("keys", "destroy", old, "--urgent").code == 0
    assert kids(migrated) == {old: "destroyed", new: "active"}
    assert "no key" in migrated("keys", "--pem", old).sentence
    assert migrated("keys", "pem", new).out.startswith("-----BEGIN PUBLIC KEY-----")


def test_TO_16_pinned_registrations_are_listed_and_keep_their_key(migrated: Dangke, tmp_path: Path) -> None:
    register(migrated, tmp_path)
    (old,) = kids(migrated)
    assert old in migrated("keys", "pin", "1").out
    new = migrated("keys", "announce").out.split()[0]
    migrated("keys", "activate", new, "--urgent")
    assert "pinned by registration 1" in migrated("keys").out
    assert "pinned" in migrated("keys", "destroy", old, "--urgent").sentence
    assert "pinned" in migrated("doctor").out
    assert migrated("keys", "unpin", "1").code == 0
    assert migrated("keys", "unpin", "1").code == 1
    assert migrated("keys", "destroy", old, "--urgent").code == 0


def test_WS_14_no_command_shows_a_private_key(migrated: Dangke, tmp_path: Path) -> None:
    register(migrated, tmp_path)
    (old,) = kids(migrated)
    new = migrated("keys", "announce").out.split()[0]
    for command in (
        ("keys",), ("keys", "pem", old), ("keys", "--pem", new), ("keys", "pin", "1"), ("keys", "activate", new, "--urgent"),
        ("keys", "rewrap"), ("registrations",), ("connect",), ("doctor",),
    ):  # fmt: skip
        ended = migrated(*command)
        assert "PRIVATE" not in ended.out + ended.err, command
    assert "BEGIN PUBLIC KEY" in migrated("keys", "pem", old).out
    folder = Path(tmp_path)
    readable = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 50_000_000]
    assert [path.name for path in readable if b"PRIVATE KEY" in path.read_bytes()] == []


def test_a_key_taken_back_before_it_signed(migrated: Dangke) -> None:
    new = migrated("keys", "announce").out.split()[0]
    assert migrated("keys", "retire", new).code == 0
    assert kids(migrated)[new] == "retired"
    assert migrated("keys", "retire", "nobody").code == 1


def test_rewrap_after_a_rotation_of_the_secret(dangke: Dangke, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DANGKE_SECRET", SECRET)
    dangke("migrate")
    environment.setenv("DANGKE_SECRET", secrets.token_urlsafe(48))
    lost = dangke("keys", "rewrap")
    assert (lost.code, "DANGKE_SECRET_PREVIOUS" in lost.sentence) == (1, True)
    environment.setenv("DANGKE_SECRET_PREVIOUS", SECRET)
    assert "dangke keys rewrap" in dangke("doctor").out
    assert "1 keys" in dangke("keys", "rewrap").out
    environment.delenv("DANGKE_SECRET_PREVIOUS")
    done = dangke("doctor")
    assert (done.code, "rewrap" in done.out) == (0, False)


def test_hosts_on_private_addresses_are_named_one_by_one(migrated: Dangke, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DANGKE_ALLOWED_LMS_HOSTS", "other.school.example")
    assert migrated("allow-host", "Moodle.School.example.", "--reason", "campus network").code == 0
    listed = migrated("allow-host").out
    assert "moodle.school.example" in listed
    assert "campus network" in listed
    assert "other.school.example" in listed
    assert migrated("allow-host", "moodle.school.example", "--remove").code == 0
    assert migrated("allow-host", "moodle.school.example", "--remove").code == 1
    for no_name in ("https://moodle.school.example", "10.0.0.1/8", "a b", "x-.example", "*.school.example", ""):
        assert migrated("allow-host", no_name).code == 1, no_name


def test_nothing_but_the_command_line_writes_allowed_hosts() -> None:
    root = Path(registering.__file__).parents[2]
    writing = [
        path.relative_to(root).as_posix()
        for folder in ("lti_tool", "courses", "quizzes", "forum")
        for path in (root / folder).rglob("*.py")
        if any(word in path.read_text("utf-8") for word in ("AllowedHost(", "hosts.allow(", "hosts import allow\n"))
    ]
    assert set(writing) <= {"lti_tool/lms/hosts.py", "lti_tool/lms/models.py", "lti_tool/cli/hosts.py"}
