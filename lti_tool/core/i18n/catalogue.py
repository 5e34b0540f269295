"""The catalogues: all `.po` files of a language merged into one table, read once per process."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from lti_tool.core.i18n.language import Language

FOLDER = Path(__file__).parents[2] / "translations"
_FOLDERS = {Language.zh: "zh_CN"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language. English is the source: a text without an entry stands for itself."""

    language: Language
    texts: dict[str, str] = field(default_factory=dict)
    plurals: dict[str, str] = field(default_factory=dict)
    """Texts with a number, by their singular msgid. Chinese has one form."""

    def text(self, msgid: str) -> str:
        """The translation of `msgid`, or `msgid` itself."""
        return self.texts.get(msgid, msgid)

    def forms(self, singular: str, plural: str) -> tuple[str, str]:
        """(for one, for any other number); equal in a language with one form."""
        found = self.plurals.get(singular)
        return (found, found) if found is not None else (singular, plural)


def read(folder: Path, language: Language) -> Catalogue:
    """Merge the `.po` files of `folder`. Fuzzy and empty entries count as missing.

    Files that share a text must agree; a test sees to it, and here the first one counts.
    """
    found = Catalogue(language)
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh_CN"):
                if message.fuzzy or not message.id:
                    continue
                singular, is_many = (message.id, False) if isinstance(message.id, str) else (message.id[0], True)
                text = message.string if isinstance(message.string, str) else (message.string or [""])[0]
                table = found.plurals if is_many else found.texts
                if text:
                    table.setdefault(singular, text)
    return found


@cache
def catalogue(language: Language) -> Catalogue:
    """The merged catalogue of a language."""
    folder = _FOLDERS.get(language)
    return read(FOLDER / folder, language) if folder else Catalogue(language)
