"""Texts: now (`gettext`, `ngettext`) or when they are shown (`lazy_gettext`, `lazy_ngettext`).

Translations are plain text, never HTML. Placeholders are named: `%(name)s`.
"""

from dataclasses import dataclass, field

from lti_tool.core.i18n.catalogue import catalogue
from lti_tool.core.i18n.language import current_language


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name for it
    """Marks a text for the catalogues without translating it."""
    return msgid


def gettext(msgid: str, /, **variables: object) -> str:
    """The text in the present language; `%(name)s` is filled only if there are variables."""
    text = catalogue(current_language()).text(msgid)
    return text % variables if variables else text


def ngettext(singular: str, plural: str, num: int, /, **variables: object) -> str:
    """The text for `num` things; `%(num)s` is the number."""
    one, other = catalogue(current_language()).forms(singular, plural)
    return (one if num == 1 else other) % {"num": num, **variables}


@dataclass(frozen=True)
class LazyText:
    """A text that is translated when it is turned into a string; equal if it will always say the same."""

    msgid: str
    plural: str | None = None
    num: int = 0
    variables: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.plural is not None:
            return ngettext(self.msgid, self.plural, self.num, **self.variables)
        return gettext(self.msgid, **self.variables)

    def __hash__(self) -> int:
        return hash((self.msgid, self.num))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def lazy_gettext(msgid: str, /, **variables: object) -> LazyText:
    """Like `gettext`, but translated when shown: for constants, errors and kinds."""
    return LazyText(msgid, variables=variables)


def lazy_ngettext(singular: str, plural: str, num: int, /, **variables: object) -> LazyText:
    """Like `ngettext`, but translated when shown."""
    return LazyText(singular, plural, num, variables)
