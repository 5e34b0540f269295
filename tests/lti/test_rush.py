"""A whole campus behind one address (OL-17): the limits stop who fails and who repeats, never who is many."""

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask.testing import FlaskClient

from tests.lms_client import AuthRequest
from tests.lti.world import ORIGIN, World, path_of

pytestmark = pytest.mark.shows("E-01")
LAUNCHES = 2000


@pytest.mark.slow
def test_OL_17_two_thousand_launches_from_one_address_are_all_let_in(world: World, browser: FlaskClient) -> None:
    """In the same minute by the tool's clock, which stands still here: nothing is forgotten between them."""
    activity = world.bound()
    kid, pem = world.lms.key()
    key = load_pem_private_key(pem.encode(), None)
    form, claims = world.lms.login_form("member1", "link-a"), world.claims("")
    for number in range(LAUNCHES):
        sub = f"member-{number}"
        person = world.browser()
        begun = person.post("/lti/login", data=form | {"login_hint": sub}, base_url=ORIGIN)
        assert begun.status_code == 303, number
        onward = person.get(begun.headers["Location"], base_url=ORIGIN)
        auth = AuthRequest.parse(onward.headers["Location"])
        own = claims | {"sub": sub, "nonce": auth.nonce}
        token = jwt.encode(own, key, algorithm="RS256", headers={"kid": kid})  # type: ignore[arg-type]  # RSA
        answer = world.post(person, auth.state, token)
        assert (answer.status_code, path_of(answer)) == (303, f"/probe/{activity.id}"), number
    assert world.reasons() == []
    # Who fails is counted all the same, and does not shut the others out.
    for _ in range(60):
        assert browser.post("/lti/login", data=form | {"iss": "https://other"}, base_url=ORIGIN).status_code == 403
    assert browser.post("/lti/login", data=form | {"iss": "https://other"}, base_url=ORIGIN).status_code == 429
    assert world.launch(world.browser(), "member2").status_code == 303
