"""--help everywhere, exit codes, and one sentence for a user's mistake."""

import socket
from pathlib import Path

import pytest

from lti_tool.cli import group
from lti_tool.cli.demo import _forget
from tests.cli.conftest import Dangke
from tests.processes import free_port

COMMANDS = (
    *("serve", "web", "worker", "migrate", "seed", "demo", "doctor", "reconcile", "backup", "restore"),
    *("invite", "register", "registrations", "deployment", "roles", "quirks", "connect", "keys", "allow-host"),
    *("admin-link", "person", "roster"),
)
SERVERS = ("serve", "web", "worker")
NEEDS_DATABASE = (("serve",), ("web",), ("worker",), ("seed",), ("keys",), ("register", "--from", "lms.json"))


def test_these_are_the_commands() -> None:
    assert set(group.commands) == set(COMMANDS)


@pytest.mark.shows("C-01")
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_there_without_any_setting(dangke: Dangke, environment: pytest.MonkeyPatch, command: str) -> None:
    environment.delenv("DANGKE_SECRET")
    for option in ("--help", "-h"):
        shown = dangke(command, option)
        assert (shown.code, shown.err) == (0, "")
        assert "Usage: " in shown.out
        assert command in shown.out.splitlines()[0]
        assert len(shown.out.split("\n\n")[1].strip()) > 20, "it says what it does"


def test_bare_command_and_version(dangke: Dangke) -> None:
    assert "serve" in dangke("--help").out
    version = dangke("--version")
    assert (version.code, version.out.startswith("dangke, version ")) == (0, True)


@pytest.mark.shows("C-01")
@pytest.mark.parametrize(
    "wrong", [("fly",), ("serve", "--fast"), ("migrate", "--to"), ("register", "--from", "missing.json"),
              ("demo", "--tool-port", "many"), ("keys", "extra")],
)  # fmt: skip
def test_wrong_usage_ends_with_2(dangke: Dangke, wrong: tuple[str, ...]) -> None:
    ended = dangke(*wrong)
    assert ended.code == 2
    assert "Error: " in ended.sentence


@pytest.mark.shows("F-16", "C-01")
@pytest.mark.parametrize("command", ["serve", "web", "worker", "migrate", "seed", "keys", "doctor"])
@pytest.mark.parametrize(
    "secret", [None, "", "short", "please-change-this-secret-to-your-own", "abababababababababababababababababab"]
)
def test_missing_short_or_sample_secret_is_refused_by_name(
    dangke: Dangke, environment: pytest.MonkeyPatch, command: str, secret: str | None
) -> None:
    if secret is None:
        environment.delenv("DANGKE_SECRET")
    else:
        environment.setenv("DANGKE_SECRET", secret)
    ended = dangke(command)
    assert ended.code == 1
    assert "DANGKE_SECRET" in ended.sentence
    assert len(ended.sentence.splitlines()) == 1
    assert not secret or secret not in ended.sentence


@pytest.mark.shows("C-01")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DANGKE_ENV", "staging"),
        ("DANGKE_PORT", "0"),
        ("DANGKE_PORT", "eighty"),
        ("DANGKE_PUBLIC_URL", "dangke.example.edu"),
        ("DANGKE_PUBLIC_URL", "https://dangke.example.edu/tool"),
        ("DANGKE_WEB_PROCESSES", "0"),
        ("DANGKE_LOG_LEVEL", "LOUD"),
        ("DANGKE_DATABASE_URL", "not a url"),
        ("DANGKE_DATABASE_URL", "mysql://root@localhost/dangke"),
        ("DANGKE_DATABASE_URL", "sqlite://"),
        ("DANGKE_DATABASE_URL", "oracle:///x"),
        ("DANGKE_DATABASE_URL", "postgresql://u@h/d"),
    ],
)
def test_unusable_setting_is_one_sentence_that_names_it(
    dangke: Dangke, environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    ended = dangke("migrate")
    assert ended.code == 1
    assert name in ended.sentence
    assert len(ended.sentence.splitlines()) == 1


@pytest.mark.shows("C-01")
@pytest.mark.parametrize(
    "url", ["sqlite:////proc/nowhere/dangke.db", "postgresql+psycopg://nobody@/nothing?host=/nonexistent-folder"]
)
@pytest.mark.parametrize("command", ["migrate", "serve", "doctor", "keys"])
def test_unreachable_database_is_one_sentence(
    dangke: Dangke, environment: pytest.MonkeyPatch, command: str, url: str
) -> None:
    environment.setenv("DANGKE_DATABASE_URL", url)
    ended = dangke(command)
    assert ended.code == 1
    said = ended.sentence or ended.out
    assert "DANGKE_D" in said
    assert "Traceback" not in said


def test_https_is_needed_in_production(dangke: Dangke, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DANGKE_ENV", "production")
    ended = dangke("migrate")
    assert ended.code == 1
    assert "https" in ended.sentence


def test_data_folder_that_cannot_be_made(dangke: Dangke, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment.setenv("DANGKE_DATA_DIR", str(tmp_path / "file" / "data"))
    ended = dangke("migrate")
    assert ended.code == 1
    assert "DANGKE_DATA_DIR" in ended.sentence


@pytest.mark.shows("C-01")
@pytest.mark.parametrize("command", NEEDS_DATABASE)
def test_database_that_nobody_migrated(dangke: Dangke, command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "lms.json").write_text("{}")
    ended = dangke(*command)
    assert ended.code == 1
    assert "dangke migrate" in ended.sentence


@pytest.mark.shows("C-01", "N-08")
@pytest.mark.parametrize("command", ["serve", "web"])
def test_busy_port_is_one_sentence(migrated: Dangke, environment: pytest.MonkeyPatch, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        environment.setenv("DANGKE_PORT", str(busy.getsockname()[1]))
        ended = migrated(command)
    assert ended.code == 1
    assert "DANGKE_PORT" in ended.sentence
    assert len(ended.sentence.splitlines()) == 1


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_busy_port_of_metrics_is_one_sentence(migrated: Dangke, environment: pytest.MonkeyPatch, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        environment.setenv("DANGKE_METRICS_PORT", str(busy.getsockname()[1]))
        environment.setenv("DANGKE_PORT", str(free_port()))
        ended = migrated(command)
    assert ended.code == 1
    assert "DANGKE_METRICS_PORT" in ended.sentence
    assert len(ended.sentence.splitlines()) == 1


@pytest.mark.shows("N-08")
@pytest.mark.parametrize("option", ["--tool-port", "--lms-port"])
def test_busy_port_of_the_demo_is_one_sentence(dangke: Dangke, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        ended = dangke("demo", option, str(busy.getsockname()[1]))
    assert ended.code == 1
    assert "DEMO_" in ended.sentence
    assert len(ended.sentence.splitlines()) == 1


def test_reset_of_a_demo_that_still_runs_deletes_nothing(dangke: Dangke, tmp_path: Path) -> None:
    kept = tmp_path / "demo" / "dangke.sqlite3"
    kept.parent.mkdir()
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as busy:
        ended = dangke("demo", "--reset", "--folder", str(kept.parent), "--tool-port", str(busy.getsockname()[1]))
    assert (ended.code, kept.exists()) == (1, True)


def test_reset_deletes_only_what_a_demo_keeps(tmp_path: Path) -> None:
    ours = [tmp_path / name for name in ("secret", "dangke.sqlite3", "dangke.sqlite3-wal", "lms-links.json", "lms/a")]
    theirs = [tmp_path / name for name in ("thesis.odt", "photos/a.jpg")]
    for path in (*ours, *theirs):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    _forget(tmp_path)
    assert [path.exists() for path in (*ours, *theirs)] == [False] * len(ours) + [True] * len(theirs)


@pytest.mark.shows("F-15")
@pytest.mark.parametrize("command", SERVERS)
@pytest.mark.parametrize("env", ["production", "development"])
def test_demo_registration_outside_a_demo_refuses_to_start(
    migrated: Dangke, environment: pytest.MonkeyPatch, command: str, env: str
) -> None:
    assert migrated("seed").code == 0
    environment.setenv("DANGKE_ENV", env)
    environment.setenv("DANGKE_PUBLIC_URL", "https://dangke.example.edu")
    ended = migrated(command)
    assert ended.code == 1
    assert "demo registration" in ended.sentence


def test_seed_in_production_is_refused(migrated: Dangke, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DANGKE_ENV", "production")
    environment.setenv("DANGKE_PUBLIC_URL", "https://dangke.example.edu")
    ended = migrated("seed")
    assert ended.code == 1
    assert "DANGKE_ENV=demo" in ended.sentence
