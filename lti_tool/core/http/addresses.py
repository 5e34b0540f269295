"""Which addresses we may connect to (ASVS 1.3.6, 13.2.4): a URL in a claim must not reach the school's inner network."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]
"""Name and port to all its addresses. Raises OSError when there is none."""

# Addresses that carry an IPv4 address for a translator (NAT64, as IPv6-only campus networks have it; 6to4): it decides.
_TRANSLATED: Final = (
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
# Shared, benchmarking, documentation and relay networks that some Python versions call global.
_NEVER: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "2001::/23",
        "64:ff9b:1::/48",
        "fec0::/10",
    )
)


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for every address of `host`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def parse(text: str) -> Address:
    """Read an address; IPv4 in IPv6 becomes IPv4. Raises ValueError."""
    address = ipaddress.ip_address(text.split("%", 1)[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _inner(address: Address) -> Address | None:
    if isinstance(address, ipaddress.IPv6Address):
        for network, shift in _TRANSLATED:
            if address in network:
                return ipaddress.IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could be meant: not private, loopback, link-local, shared, multicast, reserved."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not address.is_link_local
    )
