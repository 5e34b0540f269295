"""Copies the README's pictures from those that the browser tests have taken: `python -m tools.screenshots`.

Run `make test TESTS=tests/browser` first; the pictures are then in build/screenshots. They are reduced to 128 colours by
ImageMagick, if it is installed, so that they stay small.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TAKEN = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
PICTURES = {
    "course-home": "home-member1-1280-light-zh-CN",
    "quiz": "quiz-runner-member1-1280-light-zh-CN",
    "lesson-phone": "lesson-member3-360-light-zh-CN",
    "grades": "scores-1280-light-zh-CN",
}
MOST_BYTES = 150_000


def copied(source: Path, target: Path) -> str:
    """Copies one picture; what is wrong with it, or an empty text."""
    if not source.exists():
        return f"{source.relative_to(ROOT)} is missing: run the browser tests."
    program = shutil.which("convert")
    if program:
        subprocess.run([program, source, "-strip", "+dither", "-colors", "128", f"PNG8:{target}"], check=True)
    else:
        shutil.copyfile(source, target)
    size = target.stat().st_size
    return f"{target.relative_to(ROOT)} has {size} bytes, more than {MOST_BYTES}." if size > MOST_BYTES else ""


def main() -> int:
    """Copy them all; says what is missing or too large, and returns 1 then."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    found = [copied(TAKEN / f"{taken}.png", SHOWN / f"{name}.png") for name, taken in PICTURES.items()]
    for wrong in filter(None, found):
        print(wrong, file=sys.stderr)
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main())
