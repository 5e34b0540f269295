"""What is written is true: settings, commands, make targets, links and folders that documents name are there."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lti_tool.cli import group
from lti_tool.core.config import Settings

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Read by tests, benchmarks and the gate, not by the product.
OF_TESTS = {
    "DANGKE_TEST_DATABASE_URL",
    "DANGKE_TEST_POSTGRES_SERVER",
    "DANGKE_PARTIAL_RUN",
    "DANGKE_ALL_LOOKS",
    "DANGKE_CHROMIUM",
}
pytestmark = pytest.mark.once


def rows() -> dict[str, tuple[str, str]]:
    """Default and meaning by variable, as docs/settings.md has them."""
    found = re.findall(
        r"^\| `(DANGKE_\w+)` \| (.+?) \| (.+) \|$", (ROOT / "docs/settings.md").read_text("utf-8"), re.MULTILINE
    )
    return {name: (default, meaning) for name, default, meaning in found}


def default_of(name: str) -> str:
    """A setting's default as the table writes it."""
    field = Settings.model_fields[name]
    if field.is_required():
        return "none, required"
    if field.default is None:
        return "none"
    return f"`{field.default}`" if str(field.default) else "empty"


@pytest.mark.shows("O-05")
def test_every_setting_stands_in_the_table_with_its_default() -> None:
    fields = Settings.model_fields
    wanted = {f"DANGKE_{name}".upper(): (default_of(name), field.description) for name, field in fields.items()}
    assert rows() == wanted


def test_settings_that_documents_name_exist() -> None:
    named = {
        (path.name, name)
        for path in [*DOCUMENTS, ROOT / "Makefile"]
        for name in re.findall(r"\bDANGKE_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))
    }
    assert {(path, name) for path, name in named if name not in rows() and name not in OF_TESTS} == set()


def code_of(text: str) -> Iterator[str]:
    """What stands in code spans and blocks."""
    yield from re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_a_document_names_exist(path: Path) -> None:
    for code in code_of(path.read_text("utf-8")):
        for name, rest in re.findall(r"(?:^|[\s/])dangke +([a-z][a-z-]*)([^\n#;|&`]*)", code):
            assert name in group.commands, code
            command = group.commands[name]
            if isinstance(command, click.Group) and (inner := rest.split()) and inner[0] in command.commands:
                command = command.commands[inner[0]]
            known = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
            assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known | {"--help"}, code


def targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_that_a_document_names_exist(path: Path) -> None:
    named = {
        target
        for code in code_of(path.read_text("utf-8"))
        for target in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", code)
    }
    assert named <= targets()


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.shows("W-04")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_document_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    broken = []
    for link in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        if not found.exists() or (anchor and anchor not in anchors(found.read_text("utf-8"))):
            broken.append(link)
    assert broken == []


@pytest.mark.shows("W-04")
def test_what_a_newcomer_looks_for_is_there() -> None:
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
        "docs/architecture.md",
        "docs/operating.md",
    ):
        assert (ROOT / name).stat().st_size > 500, name
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")
    assert list((ROOT / "docs/decisions").glob("[0-9][0-9][0-9][0-9]-*.md"))


@pytest.mark.shows("W-03")
def test_operating_says_what_an_operator_needs() -> None:
    text = (ROOT / "docs/operating.md").read_text("utf-8").lower()
    for word in ("https", "proxy", "systemd", "upgrade", "dangke migrate", "back up", "/readyz"):
        assert word in text, word


@pytest.mark.shows("W-02")
def test_architecture_has_a_line_for_every_folder() -> None:
    """Top-level folders, the rooms of lti_tool and their folders, and the parts of the domains."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    tracked = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                             capture_output=True, text=True, check=False).stdout.split("\n")  # fmt: skip
    if not any(tracked):
        tracked = [str(path.relative_to(ROOT)) for path in ROOT.glob("[a-z]*/**/*.py")]
    folders = {Path(name).parent for name in tracked if name.endswith(".py")}
    folders = {folder for folder in folders if folder.parts and folder.parts[0] not in {"build", "tests"}}
    missing = []
    for folder in sorted(folders):
        parts = folder.parts
        is_room = parts[0] == "lti_tool" or len(parts) == 1
        if is_room and f"`{folder}/`" not in text:
            missing.append(str(folder))
        if (
            not is_room
            and parts[-1] not in {"views", "rules", "services", "versions"}
            and f"`{parts[-1]}/`" not in text
        ):
            missing.append(str(folder))
    assert missing == []


@pytest.mark.shows("W-01")
def test_readme_shows_pictures_that_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert len(pictures) >= 3, "with a text for those who do not see them"
    assert [name for name in pictures if not (ROOT / name).is_file()] == []


@pytest.mark.shows("W-01")
def test_readme_has_what_a_newcomer_needs() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for word in (
        "make demo",
        "make test",
        "dangke register",
        "dangke doctor",
        "docs/architecture.md",
        "docs/operating.md",
    ):
        assert word in text, word
    steps = re.search(r"## Connect a real LMS\n(.*?)\n## ", text, re.DOTALL)
    assert steps is not None
    assert len(re.findall(r"^\d\. ", steps[1], re.MULTILINE)) == 5
