"""Resolves what is constant in a template when it is compiled: texts, icons, addresses of assets.

Sixty per cent of the time of a page is gettext and macros. There is one environment per language, so a constant text
has one translation: `{{ _("Save") }}` becomes plain template data, and `{{ _("%(n)s questions", n=count) }}` becomes
the pieces around `count`. Translations are plain text and are escaped like any other value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import TemplateAssertionError, nodes
from jinja2.visitor import NodeTransformer

from lti_tool.core.i18n import Catalogue

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|(%))")
_TEXT_CALLS = frozenset({"_", "gettext"})


class ConstantTexts(NodeTransformer):
    """Replaces calls with constant arguments in the tree of one template."""

    def __init__(self, catalogue: Catalogue, pure: Mapping[str, Callable[..., Any]], filename: str | None) -> None:
        """`pure`: other functions that may be called at compile time if all their arguments are constants."""
        self._catalogue = catalogue
        self._pure = pure
        self._filename = filename

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - the visitor looks for this name
        """Puts the pieces of a text side by side instead of joining them first."""
        self.generic_visit(node)
        node.nodes = [
            part for child in node.nodes for part in (child.nodes if isinstance(child, nodes.Concat) else [child])
        ]
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 - the visitor looks for this name
        """Resolves one call, if it is one of ours and constant enough."""
        self.generic_visit(node)
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            return node
        if name in _TEXT_CALLS and len(node.args) == 1 and (msgid := _constant(node.args[0])) is not None:
            return self._filled(self._catalogue.text(msgid), _named(node), node)
        if name == "ngettext" and len(node.args) == 3:
            return self._plural(node)
        if name in self._pure and all(isinstance(arg, nodes.Const) for arg in (*node.args, *_named(node).values())):
            values = [arg.as_const() for arg in node.args]
            return nodes.Const(
                self._pure[name](*values, **{key: value.as_const() for key, value in _named(node).items()}),
                lineno=node.lineno,
            )
        return node

    def _plural(self, node: nodes.Call) -> nodes.Expr:
        singular, plural = _constant(node.args[0]), _constant(node.args[1])
        if singular is None or plural is None:
            return node
        values = {"num": node.args[2], **_named(node)}
        one, other = self._catalogue.forms(singular, plural)
        if one == other:
            return self._filled(other, values, node)
        is_one = nodes.Compare(node.args[2], [nodes.Operand("eq", nodes.Const(1))], lineno=node.lineno)
        return nodes.CondExpr(
            is_one, self._filled(one, values, node), self._filled(other, values, node), lineno=node.lineno
        )

    def _filled(self, text: str, values: Mapping[str, nodes.Expr], node: nodes.Call) -> nodes.Expr:
        """The text as an expression. Raises TemplateAssertionError if a placeholder has no value."""
        if not values:
            return nodes.Const(text, lineno=node.lineno)
        parts: list[nodes.Expr] = []
        end = 0
        for found in _PLACEHOLDER.finditer(text):
            if text[end : found.start()]:
                parts.append(nodes.Const(text[end : found.start()], lineno=node.lineno))
            end = found.end()
            name = found[1]
            if name is None:
                parts.append(nodes.Const("%", lineno=node.lineno))
            elif name in values:
                parts.append(values[name])
            else:
                raise TemplateAssertionError(f"no value for %({name})s in {text!r}", node.lineno, None, self._filename)
        if text[end:]:
            parts.append(nodes.Const(text[end:], lineno=node.lineno))
        return nodes.Concat(parts, lineno=node.lineno)


def _constant(node: nodes.Expr) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


def _named(node: nodes.Call) -> dict[str, nodes.Expr]:
    return {pair.key: pair.value for pair in node.kwargs}
