"""The walls of the house hold, and each import contract is proven on a violation planted in a copy of the tree."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lti_tool", "courses", "quizzes", "forum")
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["name"].split(":")[0]: contract["name"] for contract in CONFIG["contracts"]}
OUTSIDE_THE_STOREYS = {"lti_tool.demo", "lti_tool.migrations", "lti_tool.__init__", "lti_tool.__main__"}
LINT = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
pytestmark = pytest.mark.once


@dataclass(frozen=True)
class Plant:
    """A forbidden import: the contract it breaks, and the files that make it."""

    contract: str
    files: tuple[tuple[str, str], ...]


def plant(contract: str, *files: tuple[str, str]) -> Plant:
    return Plant(contract, files)


PLANTS = {
    "domain_imports_the_door": plant("Storeys", ("courses/planted.py", "import lti_tool.app")),
    "ledger_imports_a_domain": plant("Storeys", ("lti_tool/ledger/planted.py", "import quizzes")),
    "domain_imports_the_console": plant("Storeys", ("courses/planted.py", "import lti_tool.admin")),
    "core_imports_identity": plant("Storeys", ("lti_tool/core/planted.py", "import lti_tool.identity")),
    "identity_imports_ledger": plant("Storeys", ("lti_tool/identity/planted.py", "import lti_tool.ledger")),
    "edge_imports_a_neighbour": plant("Storeys", ("lti_tool/passback/planted.py", "import lti_tool.launch")),
    "edge_imports_a_domain": plant("Storeys", ("lti_tool/launch/planted.py", "import forum")),
    "domain_imports_a_domain": plant("Domains", ("quizzes/planted.py", "import courses")),
    "demo_imports_the_product": plant("Demo LMS is foreign", ("lti_tool/demo/planted.py", "import lti_tool.core.clock")),
    "demo_imports_a_domain": plant("Demo LMS is foreign", ("lti_tool/demo/planted.py", "import courses")),
    "product_imports_the_demo": plant("Demo LMS is started", ("lti_tool/launch/planted.py", "import lti_tool.demo")),
    "domain_imports_the_demo": plant("Demo LMS is started", ("forum/planted.py", "import lti_tool.demo")),
    "rules_import_the_database": plant("Rules", ("courses/planted/rules.py", "import sqlalchemy")),
    "rules_import_the_web_through_others": plant(
        "Rules", ("forum/planted/rules.py", "import forum.planted.texts"), ("forum/planted/texts.py", "import flask")
    ),
    "availability_imports_the_database": plant(
        "Rules", ("lti_tool/ledger/availability.py", "import sqlalchemy")
    ),
    "questions_import_the_web": plant("Rules", ("lti_tool/questions/planted.py", "import flask")),
    "ledger_imports_pylti1p3": plant("pylti1p3", ("lti_tool/ledger/planted.py", "import pylti1p3.roles")),
    "domain_imports_pylti1p3": plant("pylti1p3", ("quizzes/planted.py", "from pylti1p3 import grade")),
    "domain_imports_bleach": plant("bleach", ("courses/planted.py", "import bleach")),
    "core_imports_markdown": plant("bleach", ("lti_tool/core/planted.py", "import markdown")),
}  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.shows("H-01")
def test_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.shows("H-02")
@pytest.mark.parametrize("name", PLANTS)
def test_contract_breaks_when_a_violation_is_planted(name: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, line in PLANTS[name].files:
        write_planted(tmp_path / path, line)
    done = lint(tmp_path)
    broken = re.findall(r"^(.+) BROKEN\b", done.stdout, flags=re.MULTILINE)
    assert done.returncode == 1, done.stdout
    assert CONTRACTS[PLANTS[name].contract] in broken


def test_every_contract_has_a_planted_violation() -> None:
    assert {each.contract for each in PLANTS.values()} == set(CONTRACTS)


def only_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()]


def write_planted(path: Path, line: str) -> None:
    """Adds the line to the file; folders on the way to it become packages."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")


def test_every_room_of_the_house_stands_in_a_storey() -> None:
    layers = next(contract["layers"] for contract in CONFIG["contracts"] if contract["type"] == "layers")
    storeys = {name.strip() for layer in layers for name in layer.split("|")}
    rooms = {
        f"lti_tool.{path.stem}"
        for path in (ROOT / "lti_tool").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - OUTSIDE_THE_STOREYS
    optional = {name.strip("()") for name in storeys if name.startswith("(")}
    assert rooms <= {name.strip("()") for name in storeys}, "a room outside every storey"
    assert not optional & rooms, "a storey that stands is no longer optional: take its parentheses away"


@dataclass(frozen=True)
class Source:
    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def calls(self) -> Iterator[tuple[str, int]]:
        """Dotted name (`session.commit`, `time.sleep`) and line of every call."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node.lineno


def sources(*folders: str) -> list[Source]:
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    kept = [path for path in paths if "node_modules" not in path.parts]
    return [Source(path, ast.parse(path.read_text(encoding="utf-8"))) for path in kept]


def is_room(source: Source, *rooms: str) -> bool:
    """Whether the file is one of these rooms of a part, as a file or inside a folder of that name."""
    return source.path.stem in rooms or any(parent.name in rooms for parent in source.path.parents)


def product() -> list[Source]:
    return [source for source in sources(*PACKAGES) if not source.name.startswith("lti_tool/demo/")]


@pytest.mark.shows("H-03")
def test_only_doors_commit() -> None:
    doors = re.compile(r"(^|/)(views|cli|worker|app)(\.py$|/)|^lti_tool/core/database")
    found = [
        f"{source.name}:{line}"
        for source in product()
        if not doors.search(source.name)
        for call, line in source.calls()
        if call.endswith(".commit")
    ]
    assert found == []


@pytest.mark.shows("H-03")
def test_services_queries_and_rules_open_no_transaction() -> None:
    found = [
        f"{source.name}:{line}"
        for source in product()
        if is_room(source, "services", "queries", "rules", "models", "forms")
        for call, line in source.calls()
        if re.search(r"\.(writing|reading)(_core)?$", call)
    ]
    assert found == []


def test_services_queries_and_rules_read_no_clock() -> None:
    clock = re.compile(r"(^|\.)(datetime\.now|datetime\.utcnow|date\.today|time\.time|clock\.now|clock\(\)\.now)$")
    found = [
        f"{source.name}:{line}"
        for source in product()
        if is_room(source, "services", "queries", "rules", "models")
        for call, line in source.calls()
        if clock.search(call)
    ]
    assert found == []


def test_tests_never_sleep() -> None:
    found = [
        f"{source.name}:{line}"
        for source in sources("tests")
        for call, line in source.calls()
        if call in {"time.sleep", "sleep", "asyncio.sleep"} or call.endswith(".wait_for_timeout")
    ]
    assert found == []


def test_no_room_is_called_utils_helpers_or_common() -> None:
    assert [source.name for source in product() if is_room(source, "utils", "helpers", "common")] == []


def test_every_suppression_has_its_reason() -> None:
    bare = re.compile(r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[\w, -]+\])?)\s*$")
    found = [
        f"{source.name}:{number}"
        for source in sources(*PACKAGES, "tests", "tools", "migrations")
        for number, line in enumerate(source.path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_thermometer_of_long_files() -> None:
    """No limit: it prints the files past 300 lines, for the next reader to ask whether they are one thing."""
    for source in product():
        lines = len(source.path.read_text(encoding="utf-8").splitlines())
        if lines > 300:
            print(f"long file: {source.name} ({lines} lines)")
