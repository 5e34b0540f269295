"""Pages: one Jinja environment per language, so that constant texts cost nothing when a page is rendered.

In templates: `_`, `ngettext` (named placeholders; plain text), `icon(name)`, `asset(path)`, `url_for`, `csrf_field()`,
`csrf_token()`, `csp_nonce()`, `scheme()`, `language`, `asking()`, `actor()`, and the filters `clock`, `day`, `moment`, `due`,
`opens`, `days_left`, `duration`, `countdown`, `points`, `percent`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask.templating import Environment
from jinja2 import StrictUndefined, nodes
from markupsafe import Markup

from lti_tool.core import assets, i18n
from lti_tool.core.constants import ConstantTexts
from lti_tool.core.i18n import Language, Preferences
from lti_tool.core.security import csp_nonce

_KEY = "dangke-pages"
_SIZES = {"": 20, "sm": 16, "lg": 28}


class PageEnvironment(Environment):
    """Jinja for one language."""

    def __init__(self, app: Flask, language: Language, pure: Mapping[str, Callable[..., Any]]) -> None:
        """`pure`: functions whose answer depends on their arguments only; called at compile time where possible."""
        super().__init__(
            app, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=app.debug
        )
        self.language = language
        self._pure = pure

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        tree = ConstantTexts(i18n.catalogue(self.language), self._pure, filename).visit(source)
        return super()._generate(tree, name, filename, defer_init)


def install(
    app: Flask,
    *,
    preferences: Callable[[], Preferences] | None = None,
    is_live: bool = False,
    **functions: Callable[..., Any],
) -> None:
    """Give `app` its pages, static files and languages.

    `preferences` says what is known about the reader (identity knows); `functions` are the globals of upper storeys
    (`csrf_field`, `csrf_token`, `asking`, `actor`). Blueprints may still be registered afterwards.
    """
    files = assets.install(app, is_live=is_live)
    i18n.install(app, *([preferences] if preferences else []))
    sprite = files.url("icons.svg")

    drawn: dict[tuple[str, str], Markup] = {}

    def icon(name: str, size: str = "", label: str = "") -> Markup:
        """A symbol of icons.svg. Pages name icons by the hundred, so each is put together once."""
        if label:
            return _icon(sprite, name, size, label)
        if (name, size) not in drawn:
            drawn[name, size] = _icon(sprite, name, size, "")
        return drawn[name, size]

    pure = {"icon": icon, "asset": files.url}
    environments = {language: PageEnvironment(app, language, pure) for language in Language}
    for environment in environments.values():
        environment.globals.update(_globals(environment.language), **pure)
        environment.globals.update(
            {"csrf_field": Markup, "csrf_token": str, "asking": _nobody, "actor": _nobody, **functions}
        )
        environment.filters.update(_filters())
    app.extensions[_KEY] = environments


def render(template: str, /, **context: object) -> str:
    """The page `template` in the reader's language. Call it outside transactions."""
    environments: dict[Language, PageEnvironment] = current_app.extensions[_KEY]
    language = i18n.current_language()
    # Said once for the whole page: its texts need not ask for the reader's wishes one by one.
    with i18n.speaking(language):
        return environments[language].get_template(template).render(context)


def _globals(language: Language) -> dict[str, Any]:
    return {
        "_": i18n.gettext,
        "gettext": i18n.gettext,
        "ngettext": i18n.ngettext,
        "language": language.value,
        "scheme": i18n.current_scheme,
        "csp_nonce": csp_nonce,
        "url_for": url_for,
        "g": g,
        "request": request,
    }


def _filters() -> dict[str, Callable[..., str]]:
    return {
        "clock": i18n.format_clock,
        "day": lambda moment, now=None: i18n.format_day(moment, now or _now()),
        "moment": lambda moment, now=None: i18n.format_moment(moment, now or _now()),
        "due": lambda moment, now=None: i18n.format_due(moment, now or _now()),
        "opens": lambda moment, now=None: i18n.format_opens(moment, now or _now()),
        "days_left": lambda moment, now=None: i18n.format_days_left(moment, now or _now()),
        "duration": i18n.format_duration,
        "countdown": i18n.format_countdown,
        "points": i18n.format_points,
        "percent": i18n.format_percent,
    }


def _now() -> datetime:
    """The moment of this request, one for the whole page."""
    if "page_now" not in g:
        g.page_now = current_app.extensions["dangke"].clock.now()
    found: datetime = g.page_now
    return found


def _icon(sprite: str, name: str, size: str, label: str) -> Markup:
    """The markup of a symbol. Its size stands in the markup too, so that it stays small without our style sheet."""
    pixels = _SIZES[size]
    kind = f"i {size}".strip()
    role = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" width="{}" height="{}" {}><use href="{}#i-{}"/></svg>').format(
        kind, pixels, pixels, role, sprite, name
    )


def _nobody() -> None:
    return None
