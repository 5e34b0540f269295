"""The words of a dry run: for each code one sentence that says what is so, and one that says what to do."""

from dataclasses import dataclass
from typing import Any, Final

from lti_tool.core.i18n import gettext as _
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.launch.dry_run.rules import Step, Verdict

STEPS: Final = {
    Step.registration: _l("Registration"),
    Step.key_set: _l("Key set of the LMS"),
    Step.clock: _l("Clocks"),
    Step.our_key: _l("Our key"),
    Step.token: _l("Access token"),
    Step.scopes: _l("Permissions"),
    Step.our_key_set: _l("Our key set"),
    Step.redirect: _l("Redirect URI"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What is so; what to do, or nothing."""

    what: Any
    mend: Any = ""


_CHECK_TOKEN_URL = _l(
    "Compare the access token URL with the one that the LMS shows; a login page or proxy must leave it alone."
)
_CHECK_KEY_URL = _l("Compare the public keyset URL with the one that the LMS shows.")
_NTP = _l("Set both clocks by NTP; most LMSs take a token only within seconds.")

WORDS: Final = {
    "registered": Words(_l("switched on, and somebody has come from there")),
    "switched_off": Words(_l("switched off here"), _l("Switch it on, or nobody can launch.")),
    "no_deployment": Words(
        _l("no deployment is known yet"),
        _l("Accept the ID that the LMS shows or that a refused launch names: dangke deployment."),
    ),
    "pending": Words(_l("nobody has launched from there yet"), _l("Switch the tool on in the LMS and launch it once.")),
    "pending_moodle": Words(
        _l("nobody has launched from there yet"),
        _l('In Moodle press "Activate" on the tool\'s card, let it show in the activity chooser, and launch it once.'),
    ),
    # No answer
    "private_address": Words(
        _l("%(host)s leads to a private address, and we do not go there unasked"),
        _l("If it is your own LMS: dangke allow-host %(host)s"),
    ),
    "plain_http": Words(_l("%(host)s is registered without https"), _l("Register the https address.")),
    "certificate": Words(
        _l("the certificate of %(host)s is not valid for this server"),
        _l("Install the certificate with its whole chain there; a private authority must be known to this server."),
    ),
    "unknown_name": Words(_l("the name %(host)s is not known here"), _l("Check the URL and this server's DNS.")),
    "silent": Words(_l("%(host)s does not answer in time"), _l("Check the firewall between this server and the LMS.")),
    "unreachable": Words(
        _l("%(host)s cannot be reached from here (%(reason)s)"), _l("Check the URL, the firewall and DNS.")
    ),
    # The LMS's keys and clock
    "key_set_good": Words(_l("%(count)s usable keys")),
    "key_set_status": Words(_l("%(host)s answers %(status)s instead of a key set"), _CHECK_KEY_URL),
    "key_set_page": Words(_l("%(host)s answers a web page instead of a key set"), _CHECK_KEY_URL),
    "key_set_unreadable": Words(_l("%(host)s does not answer a key set"), _CHECK_KEY_URL),
    "key_set_empty": Words(
        _l("there is no RSA key of 2048 bits with a name in it"), _l("Ask the LMS's people for an RS256 key.")
    ),
    "clock_good": Words(_l("%(seconds)s s apart")),
    "clock_ahead": Words(_l("the LMS's clock is %(seconds)s s ahead of ours"), _NTP),
    "clock_behind": Words(_l("the LMS's clock is %(seconds)s s behind ours"), _NTP),
    "clock_untold": Words(_l("the LMS does not say what time it is")),
    # Our key
    "key_good": Words(_l("%(kid)s signs")),
    "key_pinned": Words(
        _l("%(kid)s signs, and only this one: the LMS keeps it by value"),
        _l("After a change of keys give the LMS the new public key: dangke keys pem."),
    ),
    "key_missing": Words(_l("there is none"), _l("Run: dangke migrate")),
    "key_locked": Words(_l("DANGKE_SECRET does not open it"), _l("Put the former secret into DANGKE_SECRET_PREVIOUS.")),
    # The token
    "token_good": Words(_l("given")),
    "token_redirect": Words(_l("%(host)s sends token requests elsewhere"), _CHECK_TOKEN_URL),
    "token_page": Words(_l("%(host)s answers a web page, probably a login page"), _CHECK_TOKEN_URL),
    "token_unreadable": Words(_l("%(host)s answers no token"), _CHECK_TOKEN_URL),
    "token_nowhere": Words(_l("there is nothing at this address"), _CHECK_TOKEN_URL),
    "curl_block_list": Words(
        _l("Moodle answers 404: it was not allowed to fetch our key set"),
        _l(
            'In Moodle, Site administration, General, Security, HTTP security: take our address out of "cURL blocked '
            'hosts" and add our port to "cURL allowed ports"; or let the tool use an "RSA key" (dangke keys pem).'
        ),
    ),
    "token_down": Words(_l("the LMS answers %(status)s"), _l("Try again later; scores wait meanwhile.")),
    "kid_unknown": Words(
        _l("the LMS does not find our key in the key set that it has"),
        _l("Check the public keyset URL in the LMS; after a change of keys wait until it has fetched them again."),
    ),
    "kid_unknown_moodle": Words(
        _l("the LMS does not find our key in the key set that it has"),
        _l(
            'In Moodle edit the tool: "Public key type" must be "Keyset URL", and "Public keyset" the address that '
            "the step of our key set names."
        ),
    ),
    "token_clock": Words(_l("the LMS finds our request too old or too new: %(said)s"), _NTP),
    "no_scope": Words(
        _l("the LMS allows none of our services"),
        _l("Switch on grade and membership services for this tool there."),
    ),
    "audience": Words(
        _l("the LMS wants another audience: %(said)s"),
        _l("Register the audience that the LMS names (Brightspace: https://api.brightspace.com/auth/token)."),
    ),
    "invalid_client": Words(
        _l("the LMS does not know us (%(said)s): another client ID, or it has not fetched our key set"),
        _l("Compare the client ID and the public keyset URL there; the LMS must reach it from its own server."),
    ),
    "token_refused": Words(
        _l("the LMS refuses with %(status)s: %(said)s"), _l("Compare client ID and keys with the LMS.")
    ),
    # Permissions
    "scopes_all": Words(_l("all services are allowed")),
    "scopes_some": Words(
        _l("not allowed: %(missing)s"), _l("What needs them stays switched off; allow them in the LMS if you want it.")
    ),
    "no_scores": Words(
        _l("scores are not allowed; allowed: %(given)s"), _l("Switch on the grade service for this tool in the LMS.")
    ),
    "no_scores_moodle": Words(
        _l("scores are not allowed; allowed: %(given)s"),
        _l("In Moodle edit the tool: Services, IMS LTI Assignment and Grade Services, use for grade sync."),
    ),
    # Our key set
    "ours_fetched": Words(_l("the LMS has it, or it would have given no token")),
    "ours_seen": Words(_l("seen from here at %(url)s; whether the LMS reaches it, only a token shows")),
    "ours_private": Words(
        _l("our name leads to a private address (%(url)s)"),
        _l('An LMS outside cannot fetch it; Moodle inside must have it taken out of its "cURL blocked hosts".'),
    ),
    "ours_untold": Words(
        _l("cannot be fetched from this server (%(reason)s)"), _l("On the LMS's server try: curl %(url)s")
    ),
    "ours_no_key_set": Words(
        _l("%(url)s does not answer our key set"), _l("Check DANGKE_PUBLIC_URL and the proxy in front of us.")
    ),
    "ours_other_keys": Words(
        _l("%(url)s shows other keys than ours"),
        _l(
            "Another installation answers there, or a cache keeps an old key set: check DANGKE_PUBLIC_URL and the proxy."
        ),
    ),
    # The redirect URI
    "redirect_proved": Words(_l("a launch has come back to %(uri)s")),
    "redirect_known": Words(_l("the LMS answers to %(uri)s")),
    "redirect_unknown": Words(
        _l("the LMS does not know %(uri)s"), _l("Enter exactly this address as redirection URI in the LMS.")
    ),
    "redirect_untold": Words(
        _l("cannot be told from here"), _l("Launch once; %(uri)s must stand in the LMS exactly like that.")
    ),
}


def what(verdict: Verdict) -> str:
    """What is so, in the language spoken now."""
    return str(WORDS[verdict.code].what) % dict(verdict.facts)


def mend(verdict: Verdict) -> str:
    """What to do about it, or ''."""
    return str(WORDS[verdict.code].mend) % dict(verdict.facts)


def told(verdict: Verdict) -> str:
    """Both in one line."""
    so, to_do = what(verdict), mend(verdict)
    return _("%(so)s. %(to_do)s", so=so, to_do=to_do) if to_do else so
