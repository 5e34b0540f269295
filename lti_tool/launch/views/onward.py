"""From the login on: to the LMS's authorization endpoint, or to a window of its own."""

from collections.abc import Iterable, Mapping

from flask import url_for

from lti_tool.core.web import runtime
from lti_tool.launch.rules import urls
from lti_tool.launch.rules.login import KEPT, NEW_WINDOW


def launch_url() -> str:
    """Our one launch address; redirect_uri is always this (OL-14)."""
    return runtime().settings.public_url + url_for("launch.launch")


def onward(auth_url: str, kept: Mapping[str, str], client_id: str, state: str, nonce: str) -> str:
    """The authentication request to the LMS."""
    return urls.authentication_request(
        auth_url,
        client_id=client_id,
        redirect_uri=launch_url(),
        state=state,
        nonce=nonce,
        login_hint=kept["login_hint"],
        message_hint=kept.get("lti_message_hint"),
    )


def new_window_fields(parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    """The original, unused parameters of a login, to begin it again in a window where cookies are kept (SN-10)."""
    return [*((name, parameters[name]) for name in KEPT if name in parameters), (NEW_WINDOW, "1")]


def origins(addresses: Iterable[str]) -> str:
    """For form-action: Chromium applies it to the redirects that follow a form, so the LMS's own addresses stand in it."""
    return " ".join(dict.fromkeys(urls.origin(each) or each for each in addresses))
