"""The mutation check makes the faults that it says, puts them where the code runs, and takes the tests that matter."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tools import mutation
from tools.mutant_code import applied, readers
from tools.mutants import MODULE, mutants_of
from tools.mutation import TARGETS, chosen

pytestmark = pytest.mark.once

SOURCE = '''
"""A module."""
LIMIT = 60
TWICE = (LIMIT * 2,)
KNOWN = frozenset({"a"})


def twice(*, limit: int = LIMIT) -> tuple[int, ...]:
    return (limit, *TWICE)


def check(age: int, name: str, *, strict: bool = True) -> str:
    """The docstring is no code."""
    if age > LIMIT and name in KNOWN:
        raise ValueError("old")
    if not name:
        return ""
    return name if strict is True else "x"


class Box:
    size = 5

    def fits(self, other: "Box") -> bool:
        return other.size <= self.size or other is None
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """SOURCE as a module that others hold functions of."""
    path = tmp_path / "probe_module.py"
    path.write_text(SOURCE)
    made = ModuleType("probe_module")
    made.__file__ = str(path)
    exec(compile(SOURCE, str(path), "exec"), vars(made))
    monkeypatch.setitem(sys.modules, "probe_module", made)
    return made


def test_each_fault_is_named_with_its_place() -> None:
    found = {f"{mutant.scope}: {mutant.what}" for mutant in mutants_of(SOURCE)}
    assert found >= {
        "<module>: 60 -> 61 in LIMIT = 60",
        "check: age > LIMIT -> age >= LIMIT",
        "check: name in KNOWN -> name not in KNOWN",
        "check: age > LIMIT and name in KNOWN -> age > LIMIT or name in KNOWN",
        "check: age > LIMIT and name in KNOWN -> age > LIMIT",
        "check: age > LIMIT and name in KNOWN -> name in KNOWN",
        "check: raise ValueError('old') -> pass",
        "check: not name -> name",
        "check: return name if strict is True else 'x' -> return None",
        "check: strict is True -> strict is not True",
        "check: True -> False in strict is True",
        "Box.fits: other.size <= self.size -> other.size < self.size",
        "Box.fits: other is None -> other is not None",
    }
    assert not [name for name in found if "docstring" in name or "A module" in name or "size = 5" in name]


def test_every_mutant_compiles_and_leaves_the_tree_as_it_was() -> None:
    mutants = mutants_of(SOURCE)
    clean = {mutant.code().co_code for mutant in mutants}
    assert clean
    again = [mutant.what for mutant in mutants_of(SOURCE)]
    assert [mutant.what for mutant in mutants] == again


def test_a_fault_reaches_whoever_holds_the_function(module: ModuleType) -> None:
    held, other = module.check, module.Box()
    (fault,) = [each for each in mutants_of(SOURCE) if each.what == "raise ValueError('old') -> pass"]
    with pytest.raises(ValueError, match="old"):
        held(61, "a")
    applied(module, fault)
    assert held(61, "a") == "a"
    (fault,) = [each for each in mutants_of(SOURCE) if each.what == "other.size <= self.size -> other.size < self.size"]
    applied(module, fault)
    assert not other.fits(module.Box())


def test_a_changed_variable_is_read_by_the_functions_of_its_module(module: ModuleType) -> None:
    (fault,) = [each for each in mutants_of(SOURCE) if each.scope == MODULE and each.names == ("LIMIT",)]
    applied(module, fault)
    assert module.check(61, "a") == "a"
    assert readers(module, ("LIMIT",)) == {"check", "twice"}


def test_a_changed_variable_goes_on_into_what_is_made_of_it(module: ModuleType) -> None:
    held = module.twice
    assert held() == (60, 120)
    (fault,) = [each for each in mutants_of(SOURCE) if each.names == ("LIMIT",)]
    applied(module, fault)
    assert held() == (61, 122)


def test_functions_that_are_listed_exist() -> None:
    for name, wanted in TARGETS.items():
        source = Path(str(importlib.import_module(name).__file__)).read_text("utf-8")
        known = {name for mutant in mutants_of(source) for name in (mutant.scope, *mutant.names)}
        assert set(wanted) <= known, name
        assert name.rsplit(".", 1)[1] in mutation.GROUPS
    assert chosen(["token"]) == {"lti_tool.launch.rules.token": ()}
    assert chosen(["login.read_login"]) == {"lti_tool.launch.rules.login": ("read_login",)}
    assert chosen([]) == TARGETS
