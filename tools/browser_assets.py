"""Installs axe-core, the accessibility checker of the browser tests, from npm into tests/browser/node_modules."""

import sys
from pathlib import Path

from tools.assets import AssetError, install, node_and_npm

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "browser"
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"


def main() -> int:
    """Installs it unless it is there and not older than the lock."""
    lock = FOLDER / "package-lock.json"
    if AXE.exists() and AXE.stat().st_ctime >= lock.stat().st_mtime:
        return 0
    try:
        install(FOLDER, *node_and_npm())
    except AssetError as error:
        print(f"setup-test: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
