"""Every route that changes something, asked by another site in the name of who may do it all (WS-02)."""

import pytest
from flask import Flask

from lti_tool.app import CSRF_EXEMPT
from lti_tool.core.database import Database
from lti_tool.identity import csrf
from tests.school import ORIGIN, School, SignedInClient
from tests.tenants.asking import rows
from tests.tenants.routes import For, Route, routes
from tests.tenants.things import Things

EVIL = "https://evil.example"
EXEMPT = {
    "launch.login": "the LMS posts there",
    "launch.launch": "the LMS posts there; signature, state and nonce protect it",
    "launch.keep_in_storage": "our own page only, and bound to a state (PS-06)",
    "launch.look_at_registration": "nobody has a session; our own page only, with an invitation's secret",
    "launch.confirm_registration": "the same",
    "launch.replace_registration": "the same",
}
"""Why each may do without the token of a session."""


def changing(app: Flask) -> list[Route]:
    """All that is no GET, but for what is exempt and the console, which has a token of its own (tests/admin)."""
    return [
        each
        for each in routes(app)
        if each.method not in csrf.SAFE_METHODS and each.endpoint not in EXEMPT and each.reach is not For.operator
        and not each.endpoint.startswith("admin.")
    ]  # fmt: skip


def test_WS_02_only_login_launch_and_forms_with_a_secret_of_their_own_do_without_a_token() -> None:
    assert set(EXEMPT) == CSRF_EXEMPT


@pytest.fixture
def author(things: Things) -> SignedInClient:
    return things.author_client


FORGED = {
    "without token": {"Origin": ORIGIN},
    "token of a colleague": {"Origin": ORIGIN},
    "token of another tenant": {"Origin": ORIGIN},
    "another site": {"Origin": EVIL},
    "another site that hides": {"Origin": "null"},
    "another site by its fetch": {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    "another host of ours": {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("how", FORGED)
def test_WS_02_no_route_changes_anything_for_another_site(
    app: Flask, school: School, database: Database, things: Things, author: SignedInClient, how: str
) -> None:
    colleague = school.client(school.assistant).csrf
    stranger = school.client(school.other_tenant_instructor).csrf
    token = {"without token": "", "token of a colleague": colleague, "token of another tenant": stranger}
    before, found, tried = rows(database), [], changing(app)
    for route in tried:
        for client in (author, things.learner_client):
            json, form = route.body(things.ids)
            carried = token.get(how, client.csrf)
            headers = FORGED[how] | ({csrf.HEADER: carried} if carried else {})
            sent = {"json": json} if json is not None else {"data": form | {csrf.FIELD: carried}}
            answer = client.post(route.address(things.ids), headers=headers, **sent)
            # 409 says "somebody else is signed in here now"; routes that join the session themselves say 404.
            if answer.status_code not in ({403} if "token of" not in how else {403, 404, 409}):
                found.append(f"{route}: {answer.status_code}")
    assert not found, "\n".join(found)
    assert len(tried) > 60
    assert rows(database) == before
