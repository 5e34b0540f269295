"""What the user reads when a login or launch is refused: one sentence that says what to do, a status and a code.

The code names the case of the conformance list. 400: malformed or incomplete; 403: not trustworthy or not allowed;
404: not there, or not yours; 409: a repetition; 429: too often; 502: the LMS does not answer.
"""

from dataclasses import dataclass
from typing import Any, Final

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.text import clean_claim

HEADLINE = _l("This activity could not be opened")

_REOPEN = _l("Go back to your course and open it again.")
_SETTINGS = _l("Your platform sent something incomplete. Tell your administrator to check the tool's settings there.")
_UNTRUSTED = _l("The platform's signature could not be checked. Go back to your course and open it again.")
_UNKNOWN = _l("This platform is not registered here. Ask your administrator to register it.")
_LINK = _l("This kind of link is not supported. Ask your teacher to place the activity again.")


@dataclass(frozen=True, slots=True)
class Reason:
    """How one refusal is answered."""

    status: int
    code: str
    sentence: Any
    """A lazy text; %(deployment)s in it is the deployment that a verified token names."""

    def words(self, deployment: object) -> str:
        """The sentence in the language of the request."""
        return str(self.sentence).replace("%(deployment)s", clean_claim(deployment, 80))


REASONS: Final = {
    # The login
    "missing_iss": Reason(400, "LTI-OL-05", _SETTINGS),
    "repeated_parameter": Reason(400, "LTI-OL-05", _SETTINGS),
    "parameter_too_long": Reason(400, "LTI-OL-05", _SETTINGS),
    "missing_login_hint": Reason(400, "LTI-OL-06", _SETTINGS),
    "missing_target": Reason(400, "LTI-OL-06", _SETTINGS),
    "unknown_issuer": Reason(403, "LTI-OL-07", _UNKNOWN),
    "unknown_client": Reason(403, "LTI-OL-07", _UNKNOWN),
    "client_needed": Reason(400, "LTI-OL-10", _SETTINGS),
    "bad_target": Reason(
        400, "LTI-OL-14", _l("The link's address does not belong to this tool. Ask your teacher to correct it.")
    ),
    "too_many": Reason(429, "LTI-OL-17", _l("Too many attempts in a short time. Wait a minute, then open it again.")),
    "cookies_off": Reason(
        400, "LTI-SN-10", _l("Your browser keeps no cookies. Allow them for this site, then open it from your course.")
    ),
    # State and nonce
    "state_missing": Reason(400, "LTI-SN-04", _REOPEN),
    "state_unknown": Reason(403, "LTI-SN-04", _REOPEN),
    "state_expired": Reason(
        403, "LTI-SN-05", _l("It took too long to open. Go back to your course and open it again.")
    ),
    "state_used": Reason(
        409, "LTI-SN-02", _l("This page has already been opened. Go back to your course and open it again.")
    ),
    "state_browser_mismatch": Reason(403, "LTI-SN-06", _REOPEN),
    "state_registration_mismatch": Reason(403, "LTI-SN-07", _REOPEN),
    "nonce_mismatch": Reason(403, "LTI-SN-03", _REOPEN),
    "nonce_missing": Reason(400, "LTI-SN-08", _SETTINGS),
    "oidc_error": Reason(403, "LTI-SN-11", _l("Please sign in to your learning platform again, then open it again.")),
    # The token
    "token_missing": Reason(400, "LTI-TK-26", _REOPEN),
    "token_in_url": Reason(400, "LTI-TK-30", _REOPEN),
    "malformed": Reason(400, "LTI-TK-26", _REOPEN),
    "kid_missing": Reason(403, "LTI-TK-01", _UNTRUSTED),
    "kid_unknown": Reason(403, "LTI-TK-02", _UNTRUSTED),
    "signature": Reason(403, "LTI-TK-04", _UNTRUSTED),
    "algorithm": Reason(403, "LTI-TK-05", _UNTRUSTED),
    "token_type": Reason(403, "LTI-TK-31", _UNTRUSTED),
    "keys_unreachable": Reason(
        502, "LTI-TK-08", _l("Your learning platform does not answer at the moment. Try again in a few minutes.")
    ),
    "expired": Reason(403, "LTI-TK-09", _l("This page has expired. Go back to your course and open it again.")),
    "time_missing": Reason(403, "LTI-TK-10", _SETTINGS),
    "too_old": Reason(403, "LTI-TK-11", _REOPEN),
    "not_yet_valid": Reason(403, "LTI-TK-12", _l("Your platform's clock is wrong. Tell your administrator.")),
    "time_malformed": Reason(400, "LTI-TK-13", _SETTINGS),
    "azp": Reason(403, "LTI-TK-16", _UNTRUSTED),
    "missing_claim": Reason(400, "LTI-TK-17", _SETTINGS),
    "deployment_id": Reason(400, "LTI-TK-19", _SETTINGS),
    "unknown_deployment": Reason(
        403,
        "LTI-TK-20",
        _l("Deployment %(deployment)s of your platform is not registered here. Ask your administrator to register it."),
    ),
    "version": Reason(400, "LTI-TK-21", _LINK),
    "message_type": Reason(400, "LTI-TK-22", _LINK),
    "target_claim": Reason(400, "LTI-TK-23", _SETTINGS),
    "target_mismatch": Reason(403, "LTI-TK-23", _REOPEN),
    "resource_link": Reason(400, "LTI-TK-24", _SETTINGS),
    "roles_malformed": Reason(400, "LTI-TK-25", _SETTINGS),
    "registration_inactive": Reason(
        403, "LTI-TK-29", _l("Your platform's connection is switched off. Ask your administrator.")
    ),
    # The person and the course
    "anonymous": Reason(
        403,
        "LTI-ID-01",
        _l("Your platform did not say who you are. Ask your teacher to let it send the user id."),
    ),
    "sub": Reason(400, "LTI-ID-08", _SETTINGS),
    "context": Reason(400, "LTI-CT-02", _SETTINGS),
    "no_course_role": Reason(403, "LTI-RO-07", _l("You have no role in this course. Ask its teacher to enrol you.")),
    "not_allowed": Reason(403, "LTI-DL-02", _l("Only teachers of the course can do this.")),
    "for_user": Reason(400, "LTI-SR-03", _SETTINGS),
    "review_column": Reason(400, "LTI-SR-03", _SETTINGS),
    "review_unknown": Reason(
        404, "LTI-SR-03", _l("This grade column belongs to nothing here. Open the activity from your course.")
    ),
    "review_not_yours": Reason(
        404, "LTI-SR-02", _l("There is nothing here for you. Open the activity from your course.")
    ),
    "privacy_of_no_course": Reason(400, "LTI-ID-12", _SETTINGS),
    "privacy_not_yours": Reason(
        403, "LTI-ID-12", _l("Only administrators of your platform can open the data of somebody else.")
    ),
    "privacy_nothing": Reason(404, "LTI-ID-12", _l("Nothing is stored about you here.")),
    "deep_linking": Reason(400, "LTI-DL-05", _SETTINGS),
}

TIMES: Final = frozenset({"expired", "too_old"})
"""Refusals behind which a repetition may hide: a page reloaded long after it was opened."""
