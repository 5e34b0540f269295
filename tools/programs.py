"""Where the programs of the distribution stand that tests and benchmarks use."""

import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium() -> Path | None:
    """The distribution's Chromium (or Chrome), or None."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return Path(found) if found else None


def windowless_chromium() -> Path | None:
    """Debian's build of the same engine that draws no window, or None; Ubuntu does not have it."""
    found = shutil.which("chromium-headless-shell")
    return Path(found) if found else None


def postgresql() -> Path | None:
    """The folder that holds initdb and postgres, the newest version first, or None; Debian keeps them off the path."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda folder: float(folder.parent.name), default=None)


def nginx() -> Path | None:
    """nginx, or None; Debian keeps it where only root's path leads."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def caddy() -> Path | None:
    """Caddy, or None."""
    found = shutil.which("caddy")
    return Path(found) if found else None


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font with simplified Chinese."""
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    done = subprocess.run([lister, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip())
