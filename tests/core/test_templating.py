"""Pages: constant texts are resolved when templates are compiled, and mean the same as at run time."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import TemplateAssertionError, UndefinedError
from markupsafe import Markup

from lti_tool.core import templating
from lti_tool.core.i18n import Language, gettext, ngettext, speaking
from lti_tool.core.templating import PageEnvironment

TEMPLATES = Path(templating.__file__).parents[1] / "templates"


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("lti_tool", static_folder=None, template_folder="templates")
    templating.install(app)
    with app.test_request_context("/"):
        yield app


def environment(app: Flask, language: Language) -> PageEnvironment:
    found: PageEnvironment = app.extensions["dangke-pages"][language]
    return found


def shown(app: Flask, source: str, language: Language = Language.zh, **context: object) -> str:
    return environment(app, language).from_string(source).render(context)


def compiled(app: Flask, source: str) -> str:
    python = environment(app, Language.zh).compile(source, raw=True)
    assert isinstance(python, str)
    return python


def test_constant_text_is_plain_data_of_the_compiled_template(app: Flask) -> None:
    python = compiled(app, '<b>{{ _("Close") }}</b> {{ icon("close") }} {{ asset("css/face.css") }}')
    assert "关闭" in python
    assert "gettext" not in python
    assert "call" not in python
    assert python.count("yield") == 2  # the one of our data, and `if 0: yield None`


def test_text_with_values_becomes_pieces_around_them(app: Flask) -> None:
    python = compiled(app, '{{ _("Back to %(place)s", place=name) }}')
    assert "escape(" in python
    assert "markup_join((" not in python
    assert "call" not in python


@pytest.mark.parametrize("language", list(Language))
def test_resolved_texts_equal_those_of_run_time(app: Flask, language: Language) -> None:
    source = '{{ _("Close") }}|{{ _("Back to %(place)s", place=p) }}|{{ ngettext("%(num)s day left", "%(num)s days left", n) }}'
    for n in (1, 2):
        with speaking(language):
            expected = "|".join(
                [
                    gettext("Close"),
                    gettext("Back to %(place)s", place="&lt;i&gt;"),
                    ngettext("%(num)s day left", "%(num)s days left", n),
                ]
            )
        assert shown(app, source, language, p="<i>", n=n) == expected


def test_text_that_is_not_constant_is_translated_at_run_time(app: Flask) -> None:
    assert shown(app, "{{ _(word) }}", word="Close") == "关闭"


def test_values_are_escaped_and_markup_is_kept(app: Flask) -> None:
    source = '{{ _("Back to %(place)s", place=place) }}'
    assert shown(app, source, place="<script>") == "返回&lt;script&gt;"
    assert shown(app, source, place=Markup("<b>x</b>")) == "返回<b>x</b>"


def test_text_in_an_attribute_set_or_argument_works_too(app: Flask) -> None:
    source = '{% set t = _("Back to %(place)s", place=p) %}{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(t) }}{{ m(_("Close")) }}'
    assert shown(app, source, p="<") == "[返回&lt;][关闭]"


def test_literal_percent_signs_survive(app: Flask) -> None:
    assert shown(app, '{{ _("100%") }} {{ _("100%% of %(n)s", n=3) }}') == "100% 100% of 3"


def test_missing_value_of_a_placeholder_is_an_error_when_compiled(app: Flask) -> None:
    with pytest.raises(TemplateAssertionError, match="place"):
        shown(app, '{{ _("Back to %(place)s", plaice=1) }}')


def test_missing_context_is_an_error_and_never_an_empty_page(app: Flask) -> None:
    with pytest.raises(UndefinedError):
        shown(app, "{{ nothing }}")


def test_icon_names_a_symbol_and_stays_small_without_style_sheet(app: Flask) -> None:
    found = shown(app, '{{ icon(name, "sm", label=label) }}', name="done", label="<met>")
    assert 'width="16"' in found
    assert 'aria-label="&lt;met&gt;"' in found
    assert "icons.svg#i-done" in found


def test_render_picks_the_language_of_the_reader(app: Flask) -> None:
    context = {"message": "m", "action": "a", "code": "c", "reference": "r", "kept": ""}
    with speaking("en"):
        assert '<html lang="en"' in templating.render("error.html", **context)
    assert '<html lang="zh-CN"' in templating.render("error.html", **context)


@pytest.mark.parametrize("language", list(Language))
def test_every_template_of_the_core_compiles(app: Flask, language: Language) -> None:
    for path in TEMPLATES.rglob("*.html"):
        environment(app, language).get_template(path.relative_to(TEMPLATES).as_posix())


def test_every_icon_that_templates_name_exists() -> None:
    root = TEMPLATES.parents[1]
    sprite = (root / "lti_tool/static/icons.svg").read_text(encoding="utf-8")
    for folder in ("lti_tool", "courses", "quizzes", "forum"):
        for path in (root / folder).rglob("templates/**/*.html"):
            for name in re.findall(r"""\bicon\("([\w-]+)\"""", path.read_text(encoding="utf-8")):
                assert f'id="i-{name}"' in sprite, f"{path.name}: {name}"


WITHOUT_TOKEN = {
    "admin/door.html": "nobody is in yet: the secret of the link is what counts",
    "launch/new_window.html": "begins a launch",
    "launch/storage_put.html": "begins a launch",
    "launch/storage_get.html": "ends a launch, bound to its state",
    "launch/deep_link_return.html": "goes to the LMS",
    "launch/register_open.html": "the secret of the invitation is what counts",
    "launch/register_look.html": "the secret of the invitation is what counts",
    "launch/register_replace.html": "the secret of the invitation is what counts",
}
"""Pages whose forms carry no token of a session, and why."""


def test_every_form_that_posts_carries_the_token() -> None:
    """Without it the button answers "this page was open too long", whatever tests that post by themselves say."""
    root, without = TEMPLATES.parents[1], set()
    folders = [TEMPLATES, *(root / domain / "templates" for domain in ("courses", "quizzes", "forum"))]
    pages = [(page, folder) for folder in folders for page in folder.rglob("*.html")]
    assert len(pages) > 60
    for page, folder in pages:
        for form in re.split(r"<form\b", page.read_text("utf-8"))[1:]:
            if 'method="post"' in form.partition("</form>")[0] and "csrf_field()" not in form.partition("</form>")[0]:
                without.add(str(page.relative_to(folder)))
    assert without == set(WITHOUT_TOKEN)
