"""Faults in running modules: the code of a function or the value of a variable is exchanged where everybody holds it.

applied(module, mutant)          # mutants.Mutant
note_calls(module, names.add)    # each function tells its name when it is called
readers(module, names)           # which functions read these variables
"""

import ast
import copy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

from tools.mutants import MODULE, Mutant

_NOTE: Final = "__mutation_note__"


def applied(module: ModuleType, mutant: Mutant) -> None:
    """Put the fault into the running module: the function's code is exchanged, so that everybody who holds it has it.

    A fault in a variable goes on into the variables that are made of it, and into the default values of functions.
    """
    sys.modules.setdefault(module.__name__, module)
    if mutant.scope == MODULE:
        _assign_anew(module, mutant)
        return
    made: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(mutant.code(str(module.__file__)), made)  # noqa: S102 - our own source with one fault
    _function(vars(module), mutant.scope).__code__ = _function(made, mutant.scope).__code__


def _assign_anew(module: ModuleType, mutant: Mutant) -> None:
    """Run the faulty assignment and all that read what it changes, with the module's own names."""
    changed = set(mutant.names)
    for statement in mutant.source().body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            stored = _stored(statement)
            if changed & stored or (statement.value is not None and _reads(statement.value, changed)):
                changed |= stored
                _run(module, statement)
        for function, scope in _functions(statement):
            if any(default is not None and _reads(default, changed) for default in _defaults(function)):
                _set_defaults(module, function, _function(vars(module), scope))


def _run(module: ModuleType, statement: ast.stmt) -> None:
    tree = ast.fix_missing_locations(ast.Module([statement], []))
    exec(compile(tree, str(module.__file__), "exec"), vars(module))  # noqa: S102 - our own source with one fault


def _set_defaults(module: ModuleType, function: ast.FunctionDef, live: FunctionType) -> None:
    empty = copy.copy(function)
    # Without its decorators, which must not run twice.
    empty.name, empty.body, empty.decorator_list = "__with_fault__", [ast.Pass()], []
    _run(module, empty)
    made = vars(module).pop("__with_fault__")
    live.__defaults__, live.__kwdefaults__ = made.__defaults__, made.__kwdefaults__


def _defaults(function: ast.FunctionDef) -> list[ast.expr | None]:
    return [*function.args.defaults, *function.args.kw_defaults]


def _functions(statement: ast.stmt) -> Iterator[tuple[ast.FunctionDef, str]]:
    """The functions of a statement of a module, with their scopes."""
    inner = statement.body if isinstance(statement, ast.ClassDef) else [statement]
    prefix = f"{statement.name}." if isinstance(statement, ast.ClassDef) else ""
    for function in inner:
        if isinstance(function, ast.FunctionDef):
            yield function, prefix + function.name


def _stored(statement: ast.stmt) -> set[str]:
    """The names that an assignment gives values to."""
    return {each.id for each in ast.walk(statement) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _function(names: dict[str, Any], scope: str) -> FunctionType:
    first, _, rest = scope.partition(".")
    found: Any = vars(names[first])[rest] if rest else names[first]
    if isinstance(found, property):
        found = found.fget
    if hasattr(found, "cache_clear"):
        found.cache_clear()
    while not isinstance(found, FunctionType):
        found = found.__wrapped__ if hasattr(found, "__wrapped__") else found.__func__
    return found


def readers(module: ModuleType, names: tuple[str, ...]) -> set[str]:
    """The functions of a module that read one of its variables, directly or through another variable."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    wanted, found = set(names), set[str]()
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value and _reads(statement.value, wanted):
            wanted |= _stored(statement)
    for statement in tree.body:
        found |= {scope for function, scope in _functions(statement) if _reads(function, wanted)}
    return found


def _reads(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))


def note_calls(module: ModuleType, note: Callable[[str], None]) -> None:
    """Let every function of the module tell its name when it is called."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    scopes = []
    for statement in tree.body:
        for function, scope in _functions(statement):
            scopes.append(scope)
            told = ast.Constant(f"{module.__name__}:{scope}")
            function.body.insert(0, ast.Expr(ast.Call(ast.Name(_NOTE, ast.Load()), [told], [])))
    setattr(module, _NOTE, note)
    # Some functions run while the module is made, when nobody listens yet.
    made: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__, _NOTE: str}
    exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), made)  # noqa: S102 - our own source
    for scope in scopes:
        _function(vars(module), scope).__code__ = _function(made, scope).__code__
