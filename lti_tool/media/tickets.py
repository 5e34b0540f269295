"""Media tickets: what a browser fetches by itself (image, video, download) in pages that have no cookie.

A ticket is `<grant>.<expiry>.<HMAC>` over reference, grant, purpose and expiry. It opens one reference for at most ten
minutes and only while the grant stands; it is not stored.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

LIFETIME: Final = timedelta(minutes=10)
PURPOSE: Final = "media-ticket"


def issue(key: bytes, reference: str, grant_id: int, now: datetime) -> str:
    """Return a ticket for `reference` that is good until `LIFETIME` from `now`."""
    expiry = int((now + LIFETIME).timestamp())
    return f"{grant_id}.{expiry}.{_mac(key, reference, grant_id, expiry)}"


def grant_of(key: bytes, reference: str, ticket: str, now: datetime) -> int | None:
    """Return the grant that a good ticket for `reference` names; None for any other text."""
    grant, _, rest = ticket.partition(".")
    expiry, _, mac = rest.partition(".")
    if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in (grant, expiry)) or not mac.isascii():
        return None
    if not hmac.compare_digest(mac, _mac(key, reference, int(grant), int(expiry))):
        return None
    left = int(expiry) - now.timestamp()
    return int(grant) if 0 < left <= LIFETIME.total_seconds() else None


def _mac(key: bytes, reference: str, grant_id: int, expiry: int) -> str:
    message = f"{PURPOSE}\n{reference}\n{grant_id}\n{expiry}"
    return hmac.new(key, message.encode(), sha256).hexdigest()[:40]
