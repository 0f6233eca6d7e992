"""Which addresses are out on the internet, and which are somebody's inside."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_UNICAST = IPv6Network("2000::/3")  # all of IPv6 that is given out for use on the internet
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether `address`, an IP address in text, lies out on the internet.

    False for loopback, private, link-local (cloud metadata!), shared, multicast and reserved
    addresses, also where they hide within an IPv6 one (mapped, 6to4, NAT64), and for anything
    that is no IP address.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast
    inner = _inner(ip)
    if inner is not None:
        return is_public(str(inner))
    return ip in _UNICAST and ip.is_global


def is_address(host: str) -> bool:
    """Whether `host` is a plain IP address, not a name to look up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that traffic to `ip` ends up at."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
