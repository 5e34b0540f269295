"""The command `dangke`. Exit codes: 0 done, 1 something is wrong (one sentence on standard error), 2 wrong usage."""

import sys
from collections.abc import Sequence

import click

import lti_tool.cli.multiprocess  # noqa: F401 - must come first, for its effect

# isort: split

from lti_tool import __version__
from lti_tool.cli.backup import backup, restore
from lti_tool.cli.console import admin_link
from lti_tool.cli.demo import demo
from lti_tool.cli.doctor import doctor
from lti_tool.cli.hosts import allow_host
from lti_tool.cli.keys import keys
from lti_tool.cli.opening import Fault
from lti_tool.cli.person import person
from lti_tool.cli.quirks import quirks
from lti_tool.cli.reconciling import reconcile
from lti_tool.cli.registering import connect, deployment, invite, list_registrations, register
from lti_tool.cli.roles import roles
from lti_tool.cli.rosters import roster
from lti_tool.cli.schema import migrate
from lti_tool.cli.seeding import seed
from lti_tool.cli.serving import serve, web, worker
from lti_tool.core.config import ConfigError
from lti_tool.core.errors import DangkeError
from lti_tool.core.i18n import speaking


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dangke")
def group() -> None:
    """Dangke: micro-lessons, timed quizzes and discussions as an LTI 1.3 tool.

    Settings are environment variables that begin with DANGKE_; docs/settings.md lists them.
    """


for each in (
    serve,
    web,
    worker,
    migrate,
    seed,
    demo,
    invite,
    register,
    list_registrations,
    deployment,
    roles,
    quirks,
    connect,
    keys,
    allow_host,
    admin_link,
    person,
    doctor,
    reconcile,
    roster,
    backup,
    restore,
):
    group.add_command(each)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake is one sentence, never a trace."""
    with speaking("en"):
        code = _run(arguments)
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = group.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (Fault, ConfigError) as error:
        click.echo(f"dangke: {error}", err=True)
        return 1
    except DangkeError as error:
        click.echo(f"dangke: {error.message} {error.action}", err=True)
        return 1
    return code if isinstance(code, int) else 0
