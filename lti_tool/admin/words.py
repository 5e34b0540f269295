"""The words of the console's log and of its forms' errors."""

from typing import Any, Final

from lti_tool.core.i18n import lazy_gettext as _l

ACTIONS: Final[dict[str, Any]] = {
    "link_made": _l("made a link to the console"),
    "entered": _l("entered the console"),
    "left": _l("left the console"),
    "invited": _l("made an invitation"),
    "registered": _l("connected an LMS by hand"),
    "updated": _l("brought a connection up to date"),
    "tried_out": _l("tried a connection out"),
    "switched_on": _l("switched a connection on"),
    "switched_off": _l("switched a connection off"),
    "deployment_accepted": _l("accepted a deployment"),
    "deployment_on": _l("switched a deployment on"),
    "deployment_off": _l("switched a deployment off"),
    "frames_set": _l("set the frame origins"),
    "quirks_set": _l("set what differs in an LMS"),
    "roles_set": _l("set a role table"),
    "tenant_made": _l("made a school"),
    "tenant_renamed": _l("renamed a school"),
    "deployment_moved": _l("moved a deployment to another school"),
    "hosts_set": _l("set the service hosts"),
    "host_allowed": _l("allowed an LMS on private addresses"),
    "host_forbidden": _l("took back that an LMS may be on private addresses"),
    "migrated": _l("brought the database to another version"),
    "restored": _l("restored a backup"),
    "roster_read": _l("had lists of members read"),
    "seeded": _l("put the sample course in"),
    "reconciled": _l("had gradebooks compared"),
    "keys_rewrapped": _l("encrypted keys and tokens anew"),
    "key_announced": _l("announced a key"),
    "key_activated": _l("activated a key"),
    "key_retired": _l("retired a key"),
    "key_destroyed": _l("destroyed a key"),
    "key_pinned": _l("pinned a connection to a key"),
    "key_unpinned": _l("unpinned a connection"),
    "person_seen": _l("looked at what is stored on a person"),
    "person_exported": _l("exported what is stored on a person"),
    "person_erased": _l("erased a person"),
    "test_user_erased": _l("erased a test user"),
    "wish_declined": _l("declined a wish to be erased"),
}
"""By `AdminEvent.action`."""

STAFF_ACTIONS: Final[dict[str, Any]] = {
    "archive": _l("archived an activity"),
    "restore": _l("brought an activity back"),
    "override": _l("set somebody's own dates, time or attempts"),
    "override_group": _l("set a group's own dates, time or attempts"),
    "remove_override": _l("took away a group's own dates, time or attempts"),
    "send_again": _l("had a grade sent again"),
    "keep_there": _l("let the grade in the LMS count"),
    "relink": _l("changed what a link shows"),
    "hide_post": _l("hid a post"),
    "show_post": _l("showed a post again"),
    "remove_test_users": _l("removed the work of test users"),
}
"""By `AuditEvent.action`; one that is new stands for itself."""

_EXACTLY = _l("Type 1 to 255 characters, exactly as the LMS shows it.")
_ADDRESS = _l("Type the whole https address, as the LMS shows it.")

FAULTS: Final[dict[str, Any]] = {
    "issuer": _EXACTLY,
    "client_id": _EXACTLY,
    "deployment_ids": _EXACTLY,
    "auth_url": _ADDRESS,
    "token_url": _ADDRESS,
    "jwks_url": _ADDRESS,
    "tenant": _l("Type a name of 1 to 200 characters."),
    "name": _l("Type a name of 1 to 200 characters."),
    "timezone": _l("Type the name of a time zone, such as Asia/Shanghai."),
    "audience": _ADDRESS,
}
"""By field of the form: what to type."""
