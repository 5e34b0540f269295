"""The smallest LTI tool: it believes every launch, shows who came, and picks one link. Never a model for a real one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from jwt.algorithms import RSAAlgorithm
from werkzeug.serving import make_server

from tests.forging import sample_pem
from tests.lms_client import CLAIM, DEEP_LINK_SETTINGS
from tests.lms_server import QuietHandler

SHOWN = """<!doctype html><html lang="zh-CN"><title>工具</title><style>p { overflow-wrap: anywhere }</style><main><h1>{{ claims["name"] }}</h1>
<p id="roles">{{ claims[claim + "roles"] }}</p><p id="link">{{ claims.get(claim + "resource_link", {}).get("id") }}</p>
<p id="presented">{{ claims[claim + "launch_presentation"] | tojson }}</p>
{% if pick %}<form method="post" action="{{ pick.deep_link_return_url }}"><input type="hidden" name="JWT" value="{{ answer }}">
<button>Pick</button></form>{% endif %}</main></html>"""


def sample_tool(lms_url: str, tool_url: str) -> Flask:
    """The tool, registered as `dangke-demo`."""
    app = Flask(__name__)

    @app.post("/lti/login")
    def login() -> ResponseReturnValue:
        asked = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
                 "client_id": request.form["client_id"], "redirect_uri": f"{tool_url}/lti/launch", "state": "s",
                 "nonce": "n", "login_hint": request.form["login_hint"],
                 "lti_message_hint": request.form["lti_message_hint"]}  # fmt: skip
        return redirect(f"{lms_url}/auth?{urlencode(asked)}")

    @app.post("/lti/launch")
    def launch() -> ResponseReturnValue:
        if "error" in request.form:
            return request.form["error"], 403
        claims = jwt.decode(request.form["id_token"], options={"verify_signature": False})
        pick = claims.get(DEEP_LINK_SETTINGS)
        answer = _picked(claims, tool_url) if pick else None
        return render_template_string(SHOWN, claims=claims, claim=CLAIM, pick=pick, answer=answer)

    @app.get("/lti/jwks")
    def keys() -> ResponseReturnValue:
        public = serialization.load_pem_private_key(sample_pem("tool").encode(), None).public_key()
        assert isinstance(public, RSAPublicKey)
        return {"keys": [json.loads(RSAAlgorithm.to_jwk(public)) | {"kid": "k", "alg": "RS256", "use": "sig"}]}

    return app


@contextmanager
def running_tool(lms_url: str, port: int) -> Iterator[None]:
    """Serves the tool on 127.0.0.1 in a thread."""
    app = sample_tool(lms_url, f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _picked(claims: dict[str, object], tool_url: str) -> str:
    settings = claims[DEEP_LINK_SETTINGS]
    assert isinstance(settings, dict)
    content = "https://purl.imsglobal.org/spec/lti-dl/claim/"
    item = {"type": "ltiResourceLink", "title": "选来的活动", "url": f"{tool_url}/lti/launch",
            "lineItem": {"scoreMaximum": 10}}  # fmt: skip
    answer = {"iss": claims["aud"], "aud": claims["iss"], "iat": claims["iat"], "exp": int(str(claims["iat"])) + 300, "nonce": "n",
              CLAIM + "message_type": "LtiDeepLinkingResponse", CLAIM + "version": "1.3.0",
              CLAIM + "deployment_id": claims[CLAIM + "deployment_id"], content + "data": settings["data"],
              content + "content_items": [item]}  # fmt: skip
    return jwt.encode(answer, sample_pem("tool"), "RS256", {"kid": "k"})
