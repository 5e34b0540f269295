"""What differs per LMS when it is spoken to, one file per family, with the reason. An unknown family is taken by the book."""

from typing import Final

from lti_tool.lms.quirks import blackboard, canvas, desire2learn, moodle, openedx, sakai
from lti_tool.lms.quirks.quirk import Quirks

_FAMILIES: Final = (blackboard, canvas, desire2learn, moodle, openedx, sakai)
_BY_FAMILY: Final[dict[str, Quirks]] = {name: module.QUIRKS for module in _FAMILIES for name in module.NAMES}
_BY_THE_BOOK: Final = Quirks()


def quirks_of(family: str) -> Quirks:
    """The quirks of a product family code (`tool_platform.product_family_code`, Core 5.4.2), in any case."""
    return _BY_FAMILY.get(family.strip().lower(), _BY_THE_BOOK)


__all__ = ["Quirks", "quirks_of"]
