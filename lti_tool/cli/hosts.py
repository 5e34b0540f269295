"""`dangke allow-host`: LMSs in the school's own network, by name. There is no page for it, on purpose."""

import click

from lti_tool.cli import opening
from lti_tool.cli.acting import noted
from lti_tool.cli.keys import opened
from lti_tool.core.clock import SystemClock
from lti_tool.lms import hosts


@click.command("allow-host")
@click.argument("host", required=False)
@click.option("--reason", default="", help="Why; for those who come after you.")
@click.option("--remove", is_flag=True, help="Take the permission back.")
def allow_host(host: str | None, reason: str, remove: bool) -> None:
    """Let the name of an LMS lead to private addresses (10.x, 172.16.x, 192.168.x), by https; without HOST, list them."""
    with opened() as (settings, database):
        if host is None:
            with database.reading() as session:
                rows = hosts.listed(session)
            for name in sorted(settings.lms_hosts):
                click.echo(f"{name}  DANGKE_ALLOWED_LMS_HOSTS")
            for row in rows:
                click.echo(f"{row.host}  since {row.created_at:%Y-%m-%d}  {row.reason}".rstrip())
            return
        now = SystemClock().now()
        with database.writing() as session:
            if remove:
                if not hosts.forbid(session, host):
                    raise opening.Fault(f"{host} is not on the list. `dangke allow-host` shows it.")
                noted(session, "host_forbidden", now, host)
                click.echo(f"{host} may not lead to private addresses any more.")
                return
            name = hosts.allow(session, host, reason, now)
            noted(session, "host_allowed", now, name, reason)
    click.echo(f"{name} may lead to private addresses, by https. Running processes know at once.")
