"""`dangke admin-link`: the only way into the operator's console."""

import click

from lti_tool.admin import services
from lti_tool.admin.rules import LINK_LIFE
from lti_tool.cli.keys import opened
from lti_tool.core.clock import SystemClock


@click.command("admin-link")
@click.option("--name", default="operator", show_default=True, help="Whom it is for; stands in the console's log.")
def admin_link(name: str) -> None:
    """Make a link into the operator's console; good once and for 10 minutes."""
    with opened() as (settings, database), database.writing() as session:
        secret = services.make_link(session, name, SystemClock().now())
    minutes = int(LINK_LIFE.total_seconds() // 60)
    click.echo(f"{settings.public_url}/admin/enter#{secret}")
    click.echo(
        f"Open this link in a browser of your own; it is good once and for {minutes} minutes, and is shown nowhere "
        "again. Whoever has it has this installation. The console closes after 15 minutes without a click.",
        err=True,
    )
