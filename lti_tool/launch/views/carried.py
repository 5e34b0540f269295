"""Launches where the browser keeps no cookie: the LMS's storage holds its half of the login, a bearer its session.

1. `/lti/login/check` finds no cookie, and the LMS offers storage: a page puts a secret there, then goes on (PS-01).
2. The launch comes without a cookie: a page fetches the secret back and sends it along with the launch (PS-04).
3. The launch is answered with a bearer, which lives in the page of our frame and nowhere in an address (PS-08).
4. `/lti/frame/<registration>` is that page: it fetches all others with the bearer and shows them inside.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lti_tool.core import security
from lti_tool.core.errors import NotFound
from lti_tool.core.web import render, runtime
from lti_tool.identity.models import Registration
from lti_tool.launch.refused import Refused
from lti_tool.launch.registry import Known
from lti_tool.launch.rules import token, urls
from lti_tool.launch.services import logins
from lti_tool.launch.views.blueprint import blueprint, note
from lti_tool.launch.views.onward import new_window_fields, onward, origins

SECRET = "storage_secret"  # noqa: S105 - the name of a field
_LONGEST = 100


def key_of(state: str) -> str:
    """The name under which the LMS keeps our secret."""
    return f"lti_state_{state}"


def put(parameters: Mapping[str, str], state: str, auth_url: str, frame_origins: Sequence[str]) -> ResponseReturnValue:
    """The page that puts a secret into the LMS's storage; if that fails, it offers the new window (PS-05)."""
    note("cookie_blocked", storage=True)
    security.allow_form_to(origins([auth_url, *frame_origins]))
    return render(
        "launch/storage_put.html",
        key=key_of(state),
        state=state,
        frame=parameters["storage_target"],
        origin=urls.origin(auth_url),
        address=url_for("launch.keep_in_storage"),
        window_address=url_for("launch.login"),
        window_fields=new_window_fields(parameters),
    )


@blueprint.post("/login/storage")
def keep_in_storage() -> ResponseReturnValue:
    """The secret is in the LMS's storage: on to the LMS, bound to it from now on."""
    state, secret = token.check_state(request.form.get("s")), _secret()
    now = runtime().clock.now()
    with runtime().database.writing_core() as connection:
        row = logins.keep_in_storage(connection, state=state, secret=secret, now=now)
        known = (
            connection.execute(
                select(Registration.auth_url, Registration.client_id, Registration.frame_origins).where(
                    Registration.id == row.registration_id
                )
            ).one()
            if row
            else None
        )
    if row is None or known is None:
        with runtime().database.reading_core() as connection:
            raise logins.explain(connection, state=state, now=now) or Refused("state_used")
    security.allow_frames(known.frame_origins)
    return redirect(onward(known.auth_url, row.parameters, known.client_id, state, row.nonce), 303)


def _secret() -> str:
    """Raises Refused: made by our own page, so anything else was not made by it."""
    _from_our_page()
    secret = request.form.get(SECRET, "")
    if not 32 <= len(secret) <= _LONGEST or not secret.isascii():
        raise Refused("state_browser_mismatch")
    return secret


def _from_our_page() -> None:
    """Raises Refused unless a page of ours sends this.

    The secret proves that the browser which began the login ends it only if our own page has taken it from the storage:
    another site could make somebody's browser send a launch together with a secret that it knows (login CSRF, SN-06).
    """
    site, sender = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if sender != runtime().settings.public_url or site not in {None, "same-origin"}:
        raise Refused("state_browser_mismatch")


def sent_secret() -> str | None:
    """The secret that this launch brings along from the LMS's storage; None if it brings none, '' if it was not there.

    Raises Refused if it does not come from a page of ours.
    """
    if SECRET not in request.form:
        return None
    _from_our_page()
    return request.form[SECRET][:_LONGEST]


def fetch_first(state: str) -> ResponseReturnValue | None:
    """The page that fetches the secret back and sends the launch again; None if this login has nothing in storage."""
    with runtime().database.reading_core() as connection:
        row = logins.in_storage(connection, state=state, now=runtime().clock.now())
    if row is None:
        return None
    security.allow_frames(row.frame_origins)
    return render(
        "launch/storage_get.html",
        key=key_of(state),
        frame=row.frame,
        origin=urls.origin(row.auth_url),
        address=url_for("launch.launch"),
        fields=[("id_token", request.form["id_token"]), ("state", state)],
    )


def is_in_storage(state: str) -> bool:
    """Whether this login's half is in the LMS's storage, where only a page of ours can look."""
    with runtime().database.reading_core() as connection:
        return logins.in_storage(connection, state=state, now=runtime().clock.now()) is not None


def hand_over(bearer: str, address: str, known: Known) -> ResponseReturnValue:
    """The answer to a launch without cookies: the bearer, for the page of our frame."""
    address_of_frame = url_for("launch.frame", registration_id=known.id, k=_frame_key(known.id))
    _frame_policy(known.auth_url, known.issuer, known.frame_origins)
    return render("launch/frame.html", bearer=bearer, frame=address_of_frame, address=address)


def _frame_policy(auth_url: str, issuer: str, frame_origins: Sequence[str]) -> None:
    security.allow_frames(frame_origins)
    # A choice of deep linking goes back to the LMS by a form inside this page, whose policy holds for it.
    security.allow_form_to(origins([auth_url, issuer, *frame_origins]))


def _frame_key(registration_id: int) -> str:
    """What makes the address of a frame one that nobody can guess; another one for each launch."""
    drawn = secrets.token_urlsafe(9)
    return drawn + _mac(registration_id, drawn)


def _mac(registration_id: int, drawn: str) -> str:
    return hmac.digest(runtime().keys.derive("frame"), f"{registration_id}.{drawn}".encode(), "sha256").hex()[:24]


def _is_frame_key(registration_id: int, key: str) -> bool:
    drawn, mac = key[:12], key[12:]
    return mac.isascii() and hmac.compare_digest(mac, _mac(registration_id, drawn))


@blueprint.get("/frame/<int:registration_id>")
def frame(registration_id: int) -> ResponseReturnValue:
    """The page that shows all others by the bearer it holds. There is nothing on it, but its policy names an LMS.

    So it opens by the address that a launch was given, and numbers lead nowhere: else they would list all schools' LMSs.
    """
    if not _is_frame_key(registration_id, request.args.get("k", "")):
        raise NotFound
    with runtime().database.reading_core() as connection:
        row: Any = connection.execute(
            select(Registration.auth_url, Registration.issuer, Registration.frame_origins).where(
                Registration.id == registration_id, Registration.is_active
            )
        ).first()
    if row is None:
        raise NotFound
    _frame_policy(row.auth_url, row.issuer, row.frame_origins)
    return render("launch/frame.html", bearer="", frame=request.full_path.rstrip("?"), address="")
