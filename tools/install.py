"""Prepares a clone for running (`runtime`) and for testing (`test`): what `make setup` and `make setup-test` call.

Runs on the system's Python with nothing but the standard library. Whatever is missing is said in one sentence that says
what to do; the words of pip, npm and apt go into build/setup.log.
"""

import argparse
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
INTEROP = VENV / "interop"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "build" / "setup.log"
OLDEST = (3, 11)


class SetupError(Exception):
    """Something is missing that this program cannot get; the text is one sentence for whoever called it."""


def run(command: Sequence[str | Path], failure: str) -> None:
    """Runs a command with its output in the log; raises SetupError(failure) when it fails."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n")
        log.flush()
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        raise SetupError(f"{failure} (details: {LOG.relative_to(ROOT)})")


def check_python() -> None:
    """Raises SetupError unless this Python is new enough and can make virtual environments."""
    if sys.version_info < OLDEST:
        raise SetupError(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed and this is {sys.version.split()[0]}: install a newer "
            "one and run `make PYTHON=python3.X setup`."
        )
    try:
        for module in ("ensurepip", "venv"):
            importlib.import_module(module)
    except ImportError as error:
        raise SetupError(
            "Python cannot make virtual environments here: install the package python3-venv "
            "(`apt install python3-venv`) and run the command again."
        ) from error


def make_environment(folder: Path = VENV) -> None:
    """Creates .venv (or another environment) unless a working one is there."""
    python = folder / "bin" / "python"
    if (
        python.exists()
        and subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    ):
        return
    print(f"creating {folder.relative_to(ROOT)}", flush=True)
    run(
        [sys.executable, "-m", "venv", "--clear", folder],
        "The virtual environment .venv could not be created: install the package python3-venv and try again",
    )


def pip_install(lock: str, *wanted: str, python: Path = PYTHON) -> None:
    """Installs into .venv, every version from constraints/<lock>.txt."""
    run(
        [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "2",
         "-c", ROOT / "constraints" / f"{lock}.txt", *wanted],
        "The Python packages could not be installed: check that this machine reaches the package index (PyPI or the "
        "mirror that pip is set to) and run the command again",
    )  # fmt: skip


def install_runtime() -> None:
    """Everything that running needs: the environment, the locked packages, the front-end assets."""
    check_python()
    make_environment()
    print("installing the Python packages", flush=True)
    # The backend goes first and without isolation, so that its version is locked as well.
    pip_install("runtime", "setuptools")
    sys.path.insert(0, str(ROOT))
    from tools import assets

    if assets.system_node() is None:
        pip_install("runtime", assets.NODE_WHEEL)
    collect("tools.assets")
    pip_install("runtime", "--no-build-isolation", "--editable", ".")


def collect(module: str) -> None:
    """Runs a collector inside .venv; its own sentence is the error."""
    done = subprocess.run(
        [PYTHON, "-m", module], cwd=ROOT, stdin=subprocess.DEVNULL, text=True, stderr=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or [f"{module} failed"]
        raise SetupError(words[-1].split(": ", 1)[-1])


def install_test() -> None:
    """Everything that the tests need besides: packages, axe-core, a foreign platform, Chromium, PostgreSQL, nginx, Caddy, a Chinese font."""
    print("installing what the tests need", flush=True)
    pip_install("test", "--no-build-isolation", "--editable", ".[test]")
    collect("tools.browser_assets")
    install_interop()
    install_system_packages()


def install_interop() -> None:
    """The platform of tests/interop in an environment of its own, so that none of its packages meets ours. Never fails."""
    try:
        make_environment(INTEROP)
        pip_install("interop", "lti1p3platform", python=INTEROP / "bin" / "python")
    except SetupError as error:
        shutil.rmtree(INTEROP, ignore_errors=True)
        print(
            f"setup-test: tests/interop is skipped, because lti1p3platform could not be had. {error}", file=sys.stderr
        )


WINDOWLESS = "chromium-headless-shell"
"""Debian's Chromium that draws no window: browser tests take a third less of CPU time with it. Ubuntu does not have it."""


def system_needs() -> dict[str, str]:
    """The distribution's packages that are missing, each with what is skipped without it."""
    sys.path.insert(0, str(ROOT))
    from tools import programs

    missing = {}
    if programs.chromium() is None:
        missing["chromium"] = "browser tests are skipped"
    if programs.postgresql() is None:
        missing["postgresql"] = "the suite runs on SQLite only"
    if programs.nginx() is None:
        missing["nginx"] = "tests behind a proxy fail"
    if programs.caddy() is None:
        missing["caddy"] = "tests behind a proxy fail"
    if not programs.has_chinese_font():
        missing["fonts-noto-cjk"] = "screenshots show boxes instead of Chinese"
    return missing


def install_system_packages() -> None:
    """Installs the missing ones with apt where that is permitted; says by name what could not be had. Never fails."""
    missing = system_needs()
    if not missing:
        return
    apt = apt_command()
    if apt is not None:
        try:
            run([*apt, "update"], "apt-get update failed")
            wanted = [*missing, *([WINDOWLESS] if "chromium" in missing and is_known_to_apt(WINDOWLESS) else [])]
            print(f"installing with apt: {' '.join(wanted)}", flush=True)
            run([*apt, "install", "-y", "--no-install-recommends", *wanted], "apt-get install failed")
        except SetupError as error:
            print(f"setup-test: {error}", file=sys.stderr)
    for package, consequence in system_needs().items():
        print(f"setup-test: {package} is not there ({consequence}); install it with `apt install {package}`.")


def is_known_to_apt(package: str) -> bool:
    """Whether this distribution has it."""
    return subprocess.run(["apt-cache", "show", package], capture_output=True, check=False).returncode == 0


def apt_command() -> list[str] | None:
    """How apt-get may be called here without a question: as root, by sudo without a password, or not at all."""
    if shutil.which("apt-get") is None:
        return None
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    if os.geteuid() == 0:
        return apt
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n", *apt]
    return None


def main() -> int:
    """Runs one of the two steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["runtime", "test"])
    step = parser.parse_args().step
    try:
        install_runtime() if step == "runtime" else install_test()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; run the command again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
