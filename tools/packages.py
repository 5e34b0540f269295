"""Builds the sdist and the wheel, looks into the wheel, and installs wheel, sdist and a clean checkout: `dangke --help` answers.

The wheel is built from the sdist, as an installer without Node would get it. Everything happens in a temporary folder. It
needs the network (pip makes isolated build environments), so it is a step of CI and no test; `make evidence` reads its result.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOMAINS = ("courses", "quizzes", "forum")
BUILT = ("lti_tool/static/vendor/htmx.min.js", "lti_tool/static/vendor/codemirror.js")
LICENCES = ("htmx.org", "codemirror__view", "lezer__common")


class PackageError(Exception):
    """A package is not what it must be; the text says what is missing."""


def git_files(*patterns: str) -> list[str]:
    """What the repository holds under these patterns; the working tree, where it is not a repository."""
    done = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout.splitlines()


def installed_name(path: str) -> str:
    """Where a file of the repository stands in the wheel."""
    return f"lti_tool/{path}" if path.startswith("migrations/") else path


def expected() -> set[str]:
    """Every source, template, style sheet, script, catalogue and migration of the repository, and the collected assets."""
    kept = (".py", ".html", ".txt", ".xml", ".css", ".js", ".svg", ".po", ".mako", ".json", "py.typed")
    files = git_files("lti_tool", *DOMAINS, "migrations")
    names = {installed_name(path) for path in files if path.endswith(kept)}
    return names | set(BUILT) | {f"lti_tool/static/vendor/licences/{name}.txt" for name in LICENCES}


def check_contents(names: Iterable[str]) -> None:
    """Raises PackageError for a file that the wheel lacks, or for a package it must not bring."""
    present = set(names)
    missing = sorted(expected() - present)
    if missing:
        raise PackageError(f"the wheel lacks {', '.join(missing)}")
    tops = {name.split("/")[0] for name in present if ".dist-info/" not in name}
    if tops != {"lti_tool", *DOMAINS}:
        raise PackageError(f"the wheel brings {', '.join(sorted(tops))}")
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in present):
        raise PackageError("the wheel lacks its own licence")


def run(*command: str | Path) -> str:
    """Runs a command; returns its output, or raises PackageError with its last words."""
    # Without our environment's paths: a package that only works beside its sources must not pass.
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise PackageError(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def build(folder: Path) -> Path:
    """The wheel, built from an sdist that was built from this tree."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return next(folder.glob("*.whl"))


def check_installed(source: Path, environment: Path) -> None:
    """Installs a checkout, an sdist or a wheel with the locked versions, calls it, and takes it away again.

    What it needs stays for the next one: that is the same for all three.
    """
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints" / "runtime.txt", source)
    run(environment / "bin" / "dangke", "--help")
    program = (
        "import lti_tool.app, lti_tool.migrations, courses, quizzes, forum, pathlib;"
        "assert (pathlib.Path(lti_tool.__file__).parent / 'static/vendor/htmx.min.js').exists()"
    )
    run(python, "-c", program)
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", "dangke")
    if (environment / "bin" / "dangke").exists():
        raise PackageError(f"{source} is still there after it was taken away")


def clean_checkout(folder: Path) -> Path:
    """A clone of what is committed, without anything built."""
    run("git", "clone", "--quiet", ROOT, folder)
    return folder


def note(**lines: dict[str, Any]) -> None:
    """Keeps the result for `make evidence`."""
    path = ROOT / "build" / "packages.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({name.replace("_", "-"): line for name, line in lines.items()}), encoding="utf-8")


def main() -> int:
    """Builds, looks, installs three ways, calls."""
    with tempfile.TemporaryDirectory(prefix="dangke-packages-") as name:
        folder = Path(name)
        try:
            wheel = build(folder)
            with zipfile.ZipFile(wheel) as archive:
                names = archive.namelist()
            check_contents(names)
            print(f"{wheel.name}: {len(names)} files, nothing missing", flush=True)
            sources = {
                "wheel": wheel,
                "sdist": next(folder.glob("*.tar.gz")),
                "checkout": clean_checkout(folder / "clone"),
            }
            environment = folder / "environment"
            run(sys.executable, "-m", "venv", environment)
            for kind, source in sources.items():
                check_installed(source, environment)
                print(f"installed from the {kind}: `dangke --help` answers", flush=True)
        except PackageError as error:
            print(f"packages: {error}", file=sys.stderr)
            note(K_01={"value": "failed", "target": "works", "passed": False})
            return 1
    note(
        K_01={"value": f"installed from {', '.join(sources)}", "target": "all three", "passed": True},
        K_02={"value": f"{len(names)} files, none missing", "target": "none missing", "passed": True},
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
