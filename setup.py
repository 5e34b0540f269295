"""Metadata, packages and the asset build of Dangke.

Everything that says what a distribution is stands here; pyproject.toml holds the settings of the tools only.
"""

import sys
from pathlib import Path

from setuptools import Command, find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tools import assets  # noqa: E402 - the build backend does not put the project's own folder on the path

DOMAINS = ["courses", "quizzes", "forum"]


class CollectAssets(Command):
    """`setup.py assets`: puts htmx and the CodeMirror bundle, with their licences, into lti_tool/static/vendor."""

    description = "collect the front-end assets from npm"
    user_options: list[tuple[str, str | None, str]] = []

    def initialize_options(self) -> None:
        """Has no options."""

    def finalize_options(self) -> None:
        """Has no options."""

    def run(self) -> None:
        """Collects the assets unless they are there already and match package.json."""
        assets.collect()


class BuildWithAssets(build_py):
    """Collects the assets before packages are built, so that no wheel and no editable install is without them."""

    def run(self) -> None:
        """Runs the `assets` command first."""
        self.run_command("assets")
        self.data_files = self._get_data_files()
        super().run()


class SdistWithAssets(sdist):
    """An sdist carries the collected assets: whoever installs from it needs no Node and no npm registry."""

    def run(self) -> None:
        """Runs the `assets` command first."""
        self.run_command("assets")
        super().run()


setup(
    name="dangke",
    version="0.1.0",
    description="LTI 1.3 tool: micro-lessons, timed quizzes and discussions inside the LMS that a school already has",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Framework :: Flask",
        "Intended Audience :: Education",
        "Natural Language :: Chinese (Simplified)",
        "Natural Language :: English",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
    ],
    packages=[
        *find_packages(include=["lti_tool", "lti_tool.*", *DOMAINS, *(f"{domain}.*" for domain in DOMAINS)]),
        "lti_tool.migrations",
        "lti_tool.migrations.versions",
    ],
    # migrations/ stands at the top of the repository and installs inside lti_tool: a bare `migrations` package in
    # site-packages would collide with everybody else's.
    package_dir={"lti_tool.migrations": "migrations"},
    include_package_data=False,
    package_data={
        "": [
            "py.typed",
            "templates/**/*.html",
            "templates/**/*.xml",
            "templates/**/*.txt",
            "translations/**/*.po",
            "static/**/*",
            "data/**/*",
        ],
        "lti_tool": ["demo/**/*.html", "demo/**/*.css", "demo/**/*.js"],
        "lti_tool.migrations": ["script.py.mako"],
    },
    install_requires=[
        # Web
        "Flask>=3.1,<4",
        "Werkzeug>=3.1,<4",
        "Jinja2>=3.1.6,<4",
        "Flask-Babel>=4,<5",
        "Babel>=2.17,<3",
        "click>=8.1,<9",
        "gunicorn>=23",
        # Database
        "SQLAlchemy>=2.1,<2.2",
        "alembic>=1.16,<2",
        "psycopg[binary]>=3.2,<4",
        # LTI and cryptography
        "PyLTI1p3>=2.0.0,<3",
        "PyJWT>=2.10,<3",
        "cryptography>=44",
        "jwcrypto>=1.5.6,<2",
        "requests>=2.32,<3",
        "urllib3>=2.2,<3",
        # Text
        "Markdown>=3.8,<4",
        "bleach>=6.2,<7",
        # Settings, logs, figures
        "pydantic>=2.11,<3",
        "pydantic-settings>=2.8,<3",
        "structlog>=25",
        "prometheus-client>=0.22,<1",
    ],
    extras_require={
        "test": [
            "pytest>=8.4",
            "pytest-xdist>=3.6",
            "pytest-cov>=6",
            "hypothesis>=6.130",
            "playwright>=1.50",
            "build>=1.2",
            "ruff",
            "mypy>=1.15",
            "import-linter>=2.5",
            "types-bleach",
            "types-Markdown",
            "types-requests",
        ],
    },
    setup_requires=assets.build_requirements(),
    entry_points={"console_scripts": ["dangke = lti_tool.cli:main"]},
    cmdclass={"assets": CollectAssets, "build_py": BuildWithAssets, "sdist": SdistWithAssets},
    zip_safe=False,
)
