"""Which language, colour scheme and time zone the present request wants.

Order of languages: what the member chose by hand, what the LMS said at the launch, what the browser accepts, zh-CN.
Nothing here knows who is asking: `install` is handed a function that does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel  # type: ignore[import-untyped]  # Flask-Babel ships no type information

DEFAULT_ZONE = "Asia/Shanghai"
SCHEMES = frozenset({"auto", "light", "dark"})
FRAMES = frozenset({"iframe", "frame"})
PLACES = FRAMES | {"document"}
_KEY = "dangke-preferences"


class Language(StrEnum):
    """The languages of the interface, as the tags that stand in `<html lang>`."""

    zh = "zh-CN"
    en = "en"

    @property
    def cldr(self) -> str:
        """The name that Babel knows this language by."""
        return "zh_Hans_CN" if self is Language.zh else "en"

    @classmethod
    def of(cls, tag: str | None) -> "Language | None":
        """The language that serves a tag such as `zh_TW`, `zh-Hans-CN` or `en-GB`; None for any other."""
        return _BY_PRIMARY.get(tag.replace("_", "-").partition("-")[0].lower()) if tag else None


_BY_PRIMARY = {"zh": Language.zh, "en": Language.en}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What is known about the reader of this page: choices by hand, and what the launch said."""

    language: str | None = None
    """Chosen by hand."""
    launch_locale: str | None = None
    """From the launch; not a choice, so it comes second."""
    scheme: str | None = None
    """Chosen by hand: auto, light or dark."""
    is_framed: bool | None = None
    """Whether the launch said that the page stands in a frame; None if there was no launch."""
    zone: str = DEFAULT_ZONE


_NOTHING = Preferences()
_forced: ContextVar[Language | None] = ContextVar("language", default=None)


def install(app: Flask, preferences: Callable[[], Preferences] = lambda: _NOTHING) -> None:
    """Set up the choice of languages.

    `preferences` is called once per text and must be cheap: it looks at what the request has loaded already.
    """
    app.extensions[_KEY] = preferences
    Babel(
        app,
        default_locale=Language.zh.cldr,
        default_timezone=DEFAULT_ZONE,
        locale_selector=lambda: current_language().cldr,
        timezone_selector=lambda: current_preferences().zone,
    )


def current_preferences() -> Preferences:
    """What is known about the reader; nothing outside a request."""
    if not has_request_context():
        return _NOTHING
    known: Callable[[], Preferences] | None = current_app.extensions.get(_KEY)
    return known() if known else _NOTHING


def current_language() -> Language:
    """The language of the present text: forced by `speaking`, else the reader's, else zh-CN."""
    return _forced.get() or _wanted(current_preferences())


def current_place() -> tuple[Language, ZoneInfo]:
    """The language and the zone, with one look at what is known about the reader; for texts by the hundred."""
    wishes = current_preferences()
    return _forced.get() or _wanted(wishes), zone_named(wishes.zone)


def _wanted(wishes: Preferences) -> Language:
    return _wished(wishes.language, wishes.launch_locale) or _accepted()


@lru_cache(256)
def _wished(chosen: str | None, launched: str | None) -> Language | None:
    return Language.of(chosen) or Language.of(launched)


def _accepted() -> Language:
    """The first language of Accept-Language that we speak; parsed once per request. Chinese outside a request."""
    if not has_request_context():
        return Language.zh
    found: Language | None = g.get("accepted_language")
    if found is None:
        tags = (Language.of(tag) for tag in request.accept_languages.values())
        found = next((tag for tag in tags if tag), Language.zh)
        g.accepted_language = found
    return found


current_locale = current_language


@contextmanager
def speaking(language: Language | str) -> Iterator[None]:
    """Use one language inside the block, whoever asks: for workers, exports and tests."""
    known = language if isinstance(language, Language) else Language.of(language)
    token = _forced.set(known or Language.zh)
    try:
        yield
    finally:
        _forced.reset(token)


def current_scheme() -> str:
    """The value of `<html data-scheme>`.

    In a frame it is light unless chosen otherwise (a dark frame in a white LMS page is a hole in the page); in a
    window of its own it follows the system. What the browser says about the place counts more than the launch's claim.
    """
    wishes = current_preferences()
    if wishes.scheme in SCHEMES:
        return str(wishes.scheme)
    destination = request.headers.get("Sec-Fetch-Dest") if has_request_context() else None
    is_framed = destination in FRAMES if destination in PLACES else wishes.is_framed
    return "light" if is_framed else "auto"


@cache
def zone_named(name: str) -> ZoneInfo:
    """The zone of that name, read once."""
    return ZoneInfo(name)


def current_zone() -> ZoneInfo:
    """The zone in which times are shown: the course's."""
    return zone_named(current_preferences().zone)
