"""Every command that changes something leaves a line in the operator's log; those that only look leave none."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sqlalchemy import select

from lti_tool.admin.words import ACTIONS
from lti_tool.cli import acting, group
from lti_tool.core.database import Database
from lti_tool.identity.models import AdminEvent
from tests.cli.conftest import Dangke
from tests.cli.test_keys import kids, register

CHANGING = {
    "migrate": ("migrated",), "seed": ("seeded",), "invite": ("invited",), "register": ("registered", "updated"),
    "deployment": ("deployment_accepted",), "roles": ("roles_set",), "quirks": ("quirks_set",),
    "keys announce": ("key_announced",), "keys activate": ("key_activated",), "keys retire": ("key_retired",),
    "keys destroy": ("key_destroyed",), "keys pin": ("key_pinned",), "keys unpin": ("key_unpinned",),
    "keys rewrap": ("keys_rewrapped",), "allow-host": ("host_allowed", "host_forbidden"), "admin-link": ("link_made",),
    "restore": ("restored",), "person show": ("person_seen",), "person export": ("person_exported",),
    "person erase": ("person_erased",), "person purge-tests": ("test_user_erased",),
    "reconcile": ("reconciled",), "roster read": ("roster_read",),
}  # fmt: skip
"""Command to the acts that it may write down. Those of `person` are looked at in tests/cli/test_person.py."""
LOOKING = {"serve", "web", "worker", "demo", "registrations", "connect", "doctor", "keys pem", "backup", "roster list"}
"""What runs the program, and what changes nothing; `demo` seeds by `dangke seed`."""


def commands(of: click.Command = group, name: str = "") -> Iterator[str]:
    """All commands by their full names."""
    if not isinstance(of, click.Group):
        yield name
        return
    for each in of.commands.values():
        yield from commands(each, f"{name} {each.name}".strip())


def events() -> list[tuple[str, str, str]]:
    """(action, subject, detail) of what is in the log, without what the first migration wrote."""
    database = Database(os.environ["DANGKE_DATABASE_URL"])
    try:
        with database.reading() as session:
            rows = session.scalars(select(AdminEvent).order_by(AdminEvent.id)).all()
    finally:
        database.dispose()
    assert all(row.session_id is None and row.name == acting.account() for row in rows if row.action != "link_made")
    return [(row.action, row.subject, row.detail) for row in rows[1:]]


def test_every_command_is_known_to_change_something_or_nothing() -> None:
    """A new command says here which it is, and one that changes something is run below."""
    assert set(commands()) == {*CHANGING, *LOOKING}
    assert {act for acts in CHANGING.values() for act in acts} <= set(ACTIONS)


def test_every_command_that_changes_something_is_in_the_log(dangke: Dangke, tmp_path: Path) -> None:
    assert dangke("migrate").code == 0
    register(dangke, tmp_path)
    register(dangke, tmp_path, deployment_ids=["1"])
    (old,) = kids(dangke)
    kid = dangke("keys", "announce").out.split()[0]
    other = dangke("keys", "announce").out.split()[0]
    runs = [
        ("invite", "--tenant", "First school"), ("deployment", "1", "7:abc"), ("roles", "1", "--set", "urn:x", "member"),
        ("quirks", "1", "--histories", "trusted"), ("keys", "pin", "1"), ("keys", "unpin", "1"),
        ("keys", "activate", kid, "--urgent"), ("keys", "retire", other), ("keys", "destroy", old, "--urgent"),
        ("keys", "rewrap"), ("allow-host", "lms.example", "--reason", "campus"),
        ("allow-host", "lms.example", "--remove"), ("reconcile",), ("reconcile", "--registration", "1"),
        ("roster", "read"), ("roster", "read", "--registration", "1"),
        ("admin-link", "--name", "wang"),
        ("seed", "--lms-url", "http://127.0.0.1:9"),
    ]  # fmt: skip
    for run in runs:
        done = dangke(*run)
        assert done.code == 0, (run, done.err)
    lms = "1 Our LMS (https://lms.example, abc)"
    demo = "2 Demo LMS (http://127.0.0.1:9, "
    found = events()
    assert found[:-1] == [
        ("registered", lms, ""), ("updated", lms, ""), ("key_announced", kid, ""), ("key_announced", other, ""),
        ("invited", "First school", ""), ("deployment_accepted", lms, "7:abc"), ("roles_set", lms, "urn:x = member"),
        ("quirks_set", lms, "-, -, histories trusted"), ("key_pinned", lms, old), ("key_unpinned", lms, ""),
        ("key_activated", kid, "urgent"), ("key_retired", other, ""), ("key_destroyed", old, "urgent"),
        ("keys_rewrapped", "", "0 keys, 0 tokens"), ("host_allowed", "lms.example", "campus"),
        ("host_forbidden", "lms.example", ""), ("reconciled", "", ""), ("reconciled", lms, ""),
        ("roster_read", "", "0 lists"), ("roster_read", lms, "0 lists"), ("link_made", "", ""),
    ]  # fmt: skip
    assert found[-1][0] == "seeded"
    assert found[-1][1].startswith(demo)


def test_a_command_that_looks_or_fails_leaves_no_line(migrated: Dangke, tmp_path: Path) -> None:
    register(migrated, tmp_path)
    before = events()
    for run in (
        ("registrations",), ("connect",), ("roles", "1"), ("quirks", "1"), ("keys",), ("allow-host",), ("migrate",),
        ("roles", "1", "--unset", "urn:none"), ("keys", "unpin", "1"), ("deployment", "9", "1"), ("quirks", "9"),
        ("allow-host", "other.example", "--remove"), ("reconcile", "--registration", "9"), ("invite", "--tenant", " "), ("keys", "activate", "none"),
    ):  # fmt: skip
        migrated(*run)
    assert events() == before


def test_an_account_without_a_name_is_named_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert acting.account() == acting.NOBODY
