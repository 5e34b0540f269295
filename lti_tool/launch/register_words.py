"""What an LMS's administrator reads when a dynamic registration does not go on: what happened, and what to do."""

from dataclasses import dataclass
from typing import Any, Final

from lti_tool.core.i18n import lazy_gettext as _l

_ASK_OPERATOR = _l("Ask whoever runs Dangke for a new link (dangke invite), and begin again in the LMS.")
_ASK_LMS = _l("Tell the people who run the LMS, or register by hand: dangke connect prints what to copy.")
_AGAIN = _l("Begin the registration again in the LMS; this link can still be used until it expires.")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A status, a sentence that says what happened, one that says what to do."""

    status: int
    what: Any
    mend: Any


TROUBLES: Final = {
    # The invitation
    "not_invited": Trouble(403, _l("No invitation goes with this code."), _ASK_OPERATOR),
    "invitation_expired": Trouble(403, _l("This invitation has expired; it was good for 10 minutes."), _ASK_OPERATOR),
    "invitation_used": Trouble(409, _l("This invitation has been used."), _ASK_OPERATOR),
    "too_many": Trouble(429, _l("Too many attempts in a short time."), _l("Wait a minute, then try again.")),
    "foreign_page": Trouble(403, _l("This form was sent by another site."), _AGAIN),
    # The configuration
    "no_configuration": Trouble(
        400,
        _l("This page was not opened by an LMS."),
        _l("Paste the whole link into the LMS's page for registering tools."),
    ),
    "unreachable": Trouble(
        502,
        _l("The LMS's configuration cannot be fetched from here (%(name)s)."),
        _l(
            "Check that this server reaches the LMS by https. A campus LMS on a private address: dangke allow-host NAME."
        ),
    ),
    "status": Trouble(502, _l("The LMS answered %(name)s instead of its configuration."), _ASK_LMS),
    "too_large": Trouble(400, _l("The LMS's configuration is too large."), _ASK_LMS),
    "not_json": Trouble(400, _l("The LMS's answer is no JSON object."), _ASK_LMS),
    "missing": Trouble(400, _l("%(name)s is missing in what the LMS says of itself."), _ASK_LMS),
    "bad_address": Trouble(400, _l("%(name)s of the LMS is no usable address."), _ASK_LMS),
    "not_https": Trouble(400, _l("%(name)s of the LMS is not https."), _ASK_LMS),
    "foreign_issuer": Trouble(
        400, _l("The LMS's configuration lies on another host than the issuer that it names."), _ASK_LMS
    ),
    "changed": Trouble(409, _l("The LMS's configuration has changed since it was shown."), _AGAIN),
    "unconfirmed": Trouble(
        400, _l("The other hosts of this LMS were not confirmed."), _l("Go back, look at them, and tick the box.")
    ),
    # The registration
    "token_refused": Trouble(502, _l("The LMS did not accept its own registration token any more."), _AGAIN),
    "refused": Trouble(502, _l("The LMS refused the registration with status %(name)s."), _ASK_LMS),
    "other_school": Trouble(
        409,
        _l("This client ID is connected for another school here. Nothing was changed on our side."),
        _l("Delete the tool in the LMS and register it as a new one, or ask whoever runs Dangke."),
    ),
    "switched_off": Trouble(
        409,
        _l("This client ID is connected already, and switched off here. Nothing was changed on our side."),
        _l("Ask whoever runs Dangke to switch it on."),
    ),
    "demo_lms": Trouble(
        403,
        _l("This is a demo LMS, where anybody can sign in. It is only accepted in a demo."),
        _l("Set DANGKE_ENV=demo if this installation is one."),
    ),
}
