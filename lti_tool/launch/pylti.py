"""PyLTI1p3's message launch with our rules at its seams (docs/decisions/0008-pylti1p3-seams.md).

The library gives the order of the steps and the message validators; each step is ours, because the library's own leave
gaps (see the "PyLTI1p3 ..." remarks of the case list). State and nonce are used up later, in the launch's transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Self, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from pylti1p3.cookie import CookieService
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from lti_tool.launch.edge import Edge
from lti_tool.launch.refused import Refused
from lti_tool.launch.registry import Known, KnownDeployment
from lti_tool.launch.rules import token
from lti_tool.launch.rules.claims import DATA_PRIVACY, RESOURCE_LINK, Claims, read_claims
from lti_tool.lms.key_sets import NoKeySet


@dataclass(frozen=True, slots=True)
class Post:
    """The form of a launch."""

    id_token: str
    state: str


class NotUsed(CookieService, SessionService, ToolConfAbstract[Any]):
    """Cookie, session and tool configuration of the library: rows and memory of ours stand in their place.

    Whoever reaches it has found a step that we do not override.
    """

    def __init__(self) -> None:
        """Keep nothing."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError("a step of PyLTI1p3 is not overridden")

    get_cookie = set_cookie = find_registration_by_issuer = find_registration_by_params = _refuse
    find_deployment = find_deployment_by_params = get_launch_data = save_launch_data = _refuse
    check_nonce = save_nonce = check_state_is_valid = set_state_valid = _refuse


_NOT_USED = NotUsed()
_NO_REQUESTS: Any = object()
"""In the place of the library's own HTTP session, which is made per launch and follows redirects anywhere."""


class StrictLaunch(MessageLaunch[Any, Any, Any, Any]):
    """One launch: `validate()` runs the steps; afterwards `known`, `deployment`, `claims` and `nonce` are there.

    No step opens a writing transaction. `validate` raises Refused.
    """

    known: Known
    deployment: KnownDeployment
    claims: Claims
    nonce: str

    def __init__(self, post: Post, edge: Edge, now: datetime, *, needs_https: bool) -> None:
        super().__init__(post, _NOT_USED, _NOT_USED, _NOT_USED, requests_session=_NO_REQUESTS)
        self._post, self._edge, self._now, self._needs_https = post, edge, now, needs_https
        self.token = token.Token({}, {}, b"", b"")
        self.is_verified = False

    def _get_request_param(self, key: str) -> str:
        return str(getattr(self._post, key))

    def validate_state(self) -> Self:
        token.check_state(self._post.state)
        return self

    def validate_jwt_format(self) -> Self:
        self.token = token.parse(self._post.id_token)
        self._jwt = cast(Any, {"body": self.token.claims})
        return self

    def validate_nonce(self) -> Self:
        self.nonce = token.nonce_of(self.token.claims)
        return self

    def validate_registration(self) -> Self:
        issuer, client_id = token.sender(self.token.claims)
        self.known = self._edge.registry.find(issuer, client_id, None, self._now)
        return self

    def validate_jwt_signature(self) -> Self:
        kid = token.key_id(self.token.header)
        try:
            key = self._edge.key_sets.find(self.known.id, self.known.jwks_url, kid, self._now)
        except NoKeySet as failure:
            raise Refused("keys_unreachable", cause=failure.reason) from failure
        if key is None:
            raise Refused("kid_unknown")
        try:
            key.verify(self.token.signature, self.token.signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Refused("signature") from None
        self.is_verified = True
        token.check_times(self.token.claims, self._now)
        return self

    def validate_deployment(self) -> Self:
        self.claims = read_claims(self.token.claims, needs_https=self._needs_https)
        self.deployment = self._edge.registry.deployment(self.known, self.claims.deployment_id, self._now)
        return self

    def validate_message(self) -> Self:
        if self.claims.message_type in {RESOURCE_LINK, DATA_PRIVACY}:
            try:
                super().validate_message()
            except LtiException as error:
                raise Refused("message_type") from error
        return self

    def save_launch_data(self) -> Self:
        return self
