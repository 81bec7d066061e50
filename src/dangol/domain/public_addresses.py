"""Which addresses of the internet a message may be sent to.

Whoever may name an address that we call could else have us call our own network for them ("server-side
request forgery"). `ipaddress.is_global` alone will not do: it takes NAT64, 6to4 and multicast for public.
So what is public is said by hand, after the registries of special addresses (IANA; RFC 6890, RFC 9637).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_IPV4_DENIED = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
# Public IPv6 is all of it (RFC 4291, section 2.4). Outside lie loopback, private and link-local addresses,
# multicast, those that wrap an IPv4 address, and NAT64 (64:ff9b::/96).
_IPV6_PUBLIC = ip_network("2000::/3")
# Teredo, ORCHID, benchmarking · documentation · 6to4 · AS112 · documentation.
_IPV6_DENIED = [
    ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
_NEARBY = [
    ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet; what is no address at all is not."""
    found = _parse(address)
    if found is None or not found.is_global:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _IPV4_DENIED)
    return found in _IPV6_PUBLIC and not any(found in network for network in _IPV6_DENIED)


def is_nearby(address: str) -> bool:
    """Say whether an address is of this machine or a private network: for development.

    Link-local addresses are not: where clouds keep a machine's own secrets (169.254.169.254) is one.
    """
    found = _parse(address)
    return found is not None and any(found in network for network in _NEARBY)


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        return None
    return found
