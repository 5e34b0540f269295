"""Every text has a Chinese translation, and every translation has a text."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
PACKAGES = ("lti_tool", "courses", "quizzes", "forum")
CATALOGUES = sorted((ROOT / "lti_tool" / "translations" / "zh_CN").glob("*.po"))
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("_", "_l", "N_", "gettext", "lazy_gettext")),
    **dict.fromkeys(("ngettext", "lazy_ngettext"), (1, 2)),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")

Msgid = str | tuple[str, ...]


def is_product(folder: str) -> bool:
    """Whether the folder holds texts of the product: the demo LMS is another site, with its own words."""
    return Path(folder).name not in {"demo", "translations", "static", "__pycache__"}


@cache
def texts() -> dict[Msgid, str]:
    """All msgids of code and templates with one place where each stands."""
    found: dict[Msgid, str] = {}
    for package in PACKAGES:
        for filename, line, msgid, _comments, _context in extract_from_dir(
            ROOT / package,
            method_map=[("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")],
            options_map={"**.html": {"silent": "false", "trimmed": "false"}},
            keywords=KEYWORDS,
            directory_filter=is_product,
        ):
            found.setdefault(msgid, f"{package}/{filename}:{line}")
    return found


def messages(path: Path) -> Iterator[Message]:
    with path.open("rb") as file:
        yield from (message for message in read_po(file, locale="zh_CN", abort_invalid=True) if message.id)


@cache
def translations() -> dict[Msgid, list[tuple[str, str]]]:
    """By msgid: [(file, translation)]; an empty or fuzzy one is an empty string."""
    found: dict[Msgid, list[tuple[str, str]]] = {}
    for path in CATALOGUES:
        for message in messages(path):
            msgid = message.id if isinstance(message.id, str) else tuple(message.id)
            text = message.string if isinstance(message.string, str) else (message.string or [""])[0]
            found.setdefault(msgid, []).append((path.name, "" if message.fuzzy else text))
    return found


def test_texts_are_found_at_all() -> None:
    assert len(texts()) > 100
    assert CATALOGUES


@pytest.mark.shows("A-04")
def test_every_text_has_a_translation() -> None:
    missing = [
        f"{place}: {msgid!r}"
        for msgid, place in texts().items()
        if not any(text for _file, text in translations().get(msgid, ()))
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.shows("A-04")
def test_no_translation_is_empty() -> None:
    empty = [f"{file}: {msgid!r}" for msgid, found in translations().items() for file, text in found if not text]
    assert not empty, "\n".join(empty)


def test_placeholders_are_the_same_in_text_and_translation() -> None:
    wrong = [
        f"{file}: {msgid!r} -> {text!r}"
        for msgid, found in translations().items()
        for file, text in found
        if set(PLACEHOLDER.findall(text)) - {"num"}
        != set(PLACEHOLDER.findall(msgid if isinstance(msgid, str) else msgid[-1])) - {"num"}
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.shows("A-04")
def test_no_translation_is_left_over() -> None:
    obsolete = [f"{found[0][0]}: {msgid!r}" for msgid, found in translations().items() if msgid not in texts()]
    assert not obsolete, "\n".join(obsolete)


def test_files_agree_where_they_share_a_text() -> None:
    conflicts = [
        f"{msgid!r}: {found}" for msgid, found in translations().items() if len({text for _file, text in found}) > 1
    ]
    assert not conflicts, "\n".join(conflicts)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_no_text_stands_twice_in_one_file(path: Path) -> None:
    ids = re.findall(r'^msgid (".*"(?:\n".*")*)', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(ids) == sorted(set(ids))
