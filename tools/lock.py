"""Writes constraints/*.txt: the exact versions that `make setup` and `make setup-test` install.

Run as `make lock`, with the oldest supported Python, whose set of packages is the largest. pip resolves the ranges of
setup.py; nothing is installed. Versions of test.txt never differ from those of runtime.txt.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.assets import NODE_WHEEL

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by `make lock` from the ranges of setup.py; do not edit.\n"
INTEROP = "lti1p3platform==0.1.8"
# The build backend is installed into the environment, so that an editable install needs no second download; the Node
# wheel only where the system has no Node.
BUILD = ("setuptools>=77", NODE_WHEEL)


def resolve(wanted: list[str], constraints: Path | None) -> dict[str, str]:
    """Name and version of everything that `wanted` needs, our own package left out; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
            "--report", str(report), *wanted,
        ]  # fmt: skip
        if constraints is not None:
            command += ["-c", str(constraints)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    names = {item["metadata"]["name"]: item["metadata"]["version"] for item in found}
    return {name: version for name, version in names.items() if name != "dangke"}


def write(path: Path, versions: dict[str, str]) -> None:
    """Writes a constraints file, sorted without regard to case."""
    lines = [f"{name}=={versions[name]}\n" for name in sorted(versions, key=str.lower)]
    path.write_text(HEADER + "".join(lines), encoding="utf-8")


def main() -> int:
    """Writes all three files."""
    folder = ROOT / "constraints"
    folder.mkdir(exist_ok=True)
    runtime = folder / "runtime.txt"
    write(runtime, resolve([".", *BUILD], None))
    write(folder / "test.txt", resolve([".[test]", *BUILD], runtime))
    # An environment of its own (tests/interop): nothing of ours constrains it.
    write(folder / "interop.txt", resolve([INTEROP], None))
    print("written: constraints/runtime.txt, constraints/test.txt, constraints/interop.txt")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
