"""migrate, seed, register and keys do what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.cli.conftest import Dangke

LMS = {
    "tenant": "School",
    "name": "LMS",
    "issuer": "https://lms.example.edu",
    "client_id": "abc",
    "auth_url": "https://lms.example.edu/auth",
    "token_url": "https://lms.example.edu/token",
    "jwks_url": "https://lms.example.edu/jwks",
    "deployment_ids": ["1"],
}


def test_migrate_up_down_and_up_again(dangke: Dangke) -> None:
    up = dangke("migrate")
    assert up.code == 0
    assert dangke("migrate").out == up.out, "twice is once"
    assert dangke("keys").code == 0
    down = dangke("migrate", "--down", "--to", "base")
    assert (down.code, "nothing" in down.out) == (0, True)
    assert "dangke migrate" in dangke("keys").sentence
    assert dangke("migrate").out == up.out


@pytest.mark.shows("C-01")
@pytest.mark.parametrize("wrong", [("--to", "no-such-revision"), ("--down",), ("--down", "--to", "no-such-revision")])
def test_migrate_to_what_is_not_there(migrated: Dangke, wrong: tuple[str, ...]) -> None:
    ended = migrated("migrate", *wrong)
    assert ended.code in {1, 2}
    assert len(ended.sentence.strip().splitlines()[-1]) > 20


def test_seed_writes_what_the_lms_must_know_and_again_changes_nothing(migrated: Dangke, tmp_path: Path) -> None:
    files = [tmp_path / "first.json", tmp_path / "second.json"]
    for file, deployment_id in zip(files, ("by-hand", "by-hand-too"), strict=True):
        assert migrated("seed", "--lms-url", "http://localhost:9099", "--out", str(file)).code == 0
        assert migrated("deployment", "1", deployment_id).code == 0, "whoever tries the console may add one"
    first, second = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    assert first == second
    assert [len(course["links"]) >= 4 for course in first["courses"]] == [True, True]
    kinds = {link["resource_link_id"].split("-")[2] for link in first["courses"][0]["links"]}
    assert {"outline", "lesson", "quiz", "forum", "unset"} <= kinds


@pytest.mark.shows("C-02")
def test_register_from_a_file_says_what_the_lms_must_be_told(migrated: Dangke, tmp_path: Path) -> None:
    (tmp_path / "lms.json").write_text(json.dumps(LMS))
    done = migrated("register", "--from", "lms.json")
    assert done.code == 0
    for path in ("/lti/launch", "/lti/login", "/lti/jwks.json", "/static/lms/icon.svg"):
        assert f"http://127.0.0.1:8000{path}" in done.out
    assert migrated("register", "--from", "lms.json").code == 0, "again brings it up to date"


@pytest.mark.shows("C-02")
def test_register_asks(migrated: Dangke, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["School", "LMS", *[str(LMS[name]) for name in ("issuer", "client_id", "auth_url", "token_url",
                    "jwks_url")], "1, 2"])  # fmt: skip
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    done = migrated("register")
    assert done.code == 0
    assert "https://lms.example.edu with client ID abc" in done.out
    assert next(answers, None) is None


@pytest.mark.shows("C-01", "C-02")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "JSON"),
        ("[]", "one JSON object"),
        ("\udcff", "JSON"),
        ("{}", "issuer"),
        (json.dumps({**LMS, "auth_url": "lms.example.edu"}), "auth_url"),
        (json.dumps({**LMS, "token_url": "http://lms.example.edu/token"}), "https"),
        (json.dumps({**LMS, "surprise": 1}), "surprise"),
        (json.dumps({**LMS, "issuer": ""}), "issuer"),
        (json.dumps({**LMS, "deployment_ids": "1"}), "deployment_ids"),
        (json.dumps({**LMS, "frame_origins": ["*"]}), "frame_origins"),
        (json.dumps({**LMS, "timezone": "Moon/Base"}), "timezone"),
    ],
)
def test_wrong_registration_is_one_sentence(migrated: Dangke, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "lms.json").write_bytes(text.encode(errors="surrogateescape"))
    ended = migrated("register", "--from", "lms.json")
    assert ended.code == 1
    assert sentence in ended.sentence
    assert len(ended.sentence.splitlines()) == 1


@pytest.mark.shows("F-15")
def test_demo_registration_is_not_taken_from_a_file_outside_a_demo(
    migrated: Dangke, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data: dict[str, Any] = {**LMS, "is_demo": True}
    (tmp_path / "lms.json").write_text(json.dumps(data))
    environment.setenv("DANGKE_ENV", "production")
    environment.setenv("DANGKE_PUBLIC_URL", "https://dangke.example.edu")
    ended = migrated("register", "--from", "lms.json")
    assert ended.code == 1
    assert "demo" in ended.sentence


def test_keys_lists_the_key_and_prints_its_public_half(migrated: Dangke) -> None:
    listed = migrated("keys")
    kid = listed.out.split()[0]
    shown = migrated("keys", "--pem", kid)
    key = load_pem_public_key(shown.out.encode())
    assert isinstance(key, RSAPublicKey)
    assert key.key_size >= 2048
    assert "PRIVATE" not in shown.out


@pytest.mark.shows("C-01")
def test_unknown_key_is_one_sentence(migrated: Dangke) -> None:
    ended = migrated("keys", "--pem", "nobody")
    assert ended.code == 1
    assert "nobody" in ended.sentence
