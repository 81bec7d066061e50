"""Which addresses may be called."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, strategies

from dangol.domain.public_addresses import is_nearby, is_public

NOT_PUBLIC = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"],
    "link-local, with the clouds' own": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "carriers' NAT": ["100.64.0.1", "100.127.255.254"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1"],
    "6to4": ["2002:7f00:1::", "2002:808:808::1", "192.88.99.1"],
    "Teredo and ORCHID": ["2001::1", "2001:20::1"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "wrapped IPv4": ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:8.8.8.8"],
    "documentation": ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.8", "100::1", "5f00::1", "4000::1"],
    "no address": ["", "localhost", "8.8.8", "0x08080808", "8.8.8.8/32", "8.8.8.8 "],
}


@pytest.mark.parametrize("kind", NOT_PUBLIC)
def test_is_public__special_addresses__are_not(kind: str) -> None:
    assert [address for address in NOT_PUBLIC[kind] if is_public(address)] == []


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "223.255.255.255", "2001:4860:4860::8888",
     "2606:4700::1111", "2003::1", "2a00:1450::1"],
)  # fmt: skip
def test_is_public__addresses_of_the_internet__are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("address", "nearby"),
    [("127.0.0.1", True), ("::1", True), ("192.168.0.9", True), ("fd00::1", True), ("8.8.8.8", False),
     ("169.254.169.254", False), ("fe80::1", False), ("224.0.0.1", False), ("0.0.0.0", False),
     ("100.64.0.1", False), ("::ffff:127.0.0.1", False)],
)  # fmt: skip
def test_is_nearby__this_machine_and_private_networks__and_nothing_else(address: str, nearby: bool) -> None:
    assert is_nearby(address) is nearby


@given(strategies.ip_addresses())
def test_is_public__any_address__is_never_nearby_nor_wraps_another(
    address: IPv4Address | IPv6Address,
) -> None:
    if is_public(str(address)):
        assert not is_nearby(str(address))
        assert not address.is_multicast
        assert not address.is_private
        assert getattr(address, "ipv4_mapped", None) is None
        assert getattr(address, "sixtofour", None) is None
