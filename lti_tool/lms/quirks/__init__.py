"""What differs per LMS when it is spoken to, one file per family, with the reason. An unknown family is taken by the book."""

from typing import Final

from lti_tool.lms.quirks import blackboard, canvas, chaoxing, desire2learn, moodle, openedx, sakai
from lti_tool.lms.quirks.quirk import Quirks

_FAMILIES: Final = {
    "blackboard": blackboard,
    "brightspace": desire2learn,
    "canvas": canvas,
    "chaoxing": chaoxing,
    "moodle": moodle,
    "openedx": openedx,
    "sakai": sakai,
}
_BY_FAMILY: Final[dict[str, Quirks]] = {name: module.QUIRKS for module in _FAMILIES.values() for name in module.NAMES}
_NAMES: Final[dict[str, str]] = {name: called for called, module in _FAMILIES.items() for name in module.NAMES}
_BY_THE_BOOK: Final = Quirks()


def quirks_of(family: str) -> Quirks:
    """The quirks of a product family code (`tool_platform.product_family_code`, Core 5.4.2), in any case."""
    return _BY_FAMILY.get(family.strip().lower(), _BY_THE_BOOK)


def name_of(family: str) -> str:
    """How this house calls the LMS of a product family code, in any case: moodle, canvas ...; empty for an unknown one."""
    return _NAMES.get(family.strip().lower(), "")


__all__ = ["Quirks", "name_of", "quirks_of"]
