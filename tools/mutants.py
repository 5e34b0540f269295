"""Small faults in Python source, one at a time: what a test-suite of verification code must notice.

    for mutant in mutants_of(source): with_it = mutant.code()

A mutant changes one comparison, joins conditions the other way, leaves a condition out, turns a `not` round, takes a raise
or a returned value away, or changes a constant. It lies inside a function (`scope` is its name, `Class.method` for a method)
or in the value of a module's variable (`scope` is MODULE).
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

MODULE: Final = "<module>"
_FLIPPED: Final = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_SNIPPET = 70


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node hangs: a field of its parent, and the index if the field is a list."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> ast.AST:
        """Hang another node here; returns the one that was there."""
        if self.index is None:
            former: ast.AST = getattr(self.parent, self.field)
            setattr(self.parent, self.field, node)
        else:
            row: list[Any] = getattr(self.parent, self.field)
            former, row[self.index] = row[self.index], node
        return former


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault."""

    scope: str
    line: int
    what: str
    """`former text -> text with the fault`, shortened; for a constant ` in what it is a part of`."""
    names: tuple[str, ...]
    """The module's variables that it changes, if its scope is MODULE."""
    tree: ast.Module
    place: Place
    node: ast.AST

    def source(self) -> ast.Module:
        """The module with the fault, as a tree of its own."""
        former = self.place.put(self.node)
        try:
            return copy.deepcopy(self.tree)
        finally:
            self.place.put(former)

    def code(self, filename: str = "<mutant>") -> CodeType:
        """The compiled module with the fault; the tree is as before afterwards."""
        former = self.place.put(self.node)
        try:
            return compile(ast.fix_missing_locations(self.tree), filename, "exec")
        finally:
            self.place.put(former)


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its text."""
    tree = ast.parse(source)
    found: list[Mutant] = []
    for statement in tree.body:
        found += _of_statement(tree, statement, "")
    return found


def _of_statement(tree: ast.Module, statement: ast.stmt, prefix: str) -> Iterator[Mutant]:
    if isinstance(statement, ast.FunctionDef):
        for index, inner in enumerate(statement.body):
            if not _is_docstring(inner):
                yield from _below(tree, Place(statement, "body", index), inner, prefix + statement.name, ())
    elif isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            if isinstance(inner, ast.FunctionDef):
                yield from _of_statement(tree, inner, f"{prefix}{statement.name}.")
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None and not prefix:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = tuple(each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        yield from _below(tree, Place(statement, "value", None), statement.value, MODULE, names)


def _below(tree: ast.Module, place: Place, node: ast.AST, scope: str, names: tuple[str, ...]) -> Iterator[Mutant]:
    """The mutants of a node and of what is below it."""
    for fault in _faults(node):
        what = f"{_snippet(node)} -> {_snippet(fault)}"
        if isinstance(node, ast.Constant):
            what += f" in {_snippet(place.parent)}"
        yield Mutant(scope, getattr(node, "lineno", 0), what, names, tree, place, fault)
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "args"} and not isinstance(node, ast.Call):
            continue
        if isinstance(value, list):
            for index, each in enumerate(value):
                if isinstance(each, ast.AST) and not _is_docstring(each):
                    yield from _below(tree, Place(node, name, index), each, scope, names)
        elif isinstance(value, ast.AST):
            yield from _below(tree, Place(node, name, None), value, scope, names)


def _faults(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                fault = copy.deepcopy(node)
                fault.ops[index] = _FLIPPED[type(operator)]()
                yield fault
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for left_out in range(len(node.values)):
                rest = [value for index, value in enumerate(node.values) if index != left_out]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Raise():
            yield ast.Pass()
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Constant():
            yield from _other_constant(node.value)


def _other_constant(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str):
        yield ast.Constant(f"{value}~")


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _snippet(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _SNIPPET else f"{text[: _SNIPPET - 3]}..."
