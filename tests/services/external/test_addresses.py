"""Which hosts are called: public ones by TLS, and those the operator has opened; never this
network's own."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from records.services.external.addresses import (
    Forbidden,
    Unreachable,
    is_public,
    vetted_addresses,
)

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    "2606:2800:220:1:0:5efe:10.0.0.1", "100::1", "1fff:ffff::1", "4000::1", "7fff::1", "8000::1", "fe00::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_networks_of_ones_own_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the resolver says of every name, which is somebody else's part."""
    found: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if not found:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return found


def test_a_name_is_judged_by_all_its_addresses(resolved: list[str], settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = []
    with pytest.raises(Unreachable):
        vetted_addresses("api.example.com", 443, 5)
    resolved += ["8.8.8.8"]
    assert vetted_addresses("api.example.com", 443, 5) == ["8.8.8.8"]
    resolved += ["10.0.0.1"]
    with pytest.raises(Forbidden):
        vetted_addresses("api.example.com", 443, 5)
    settings.EXTERNAL_ALLOWED_HOSTS = ["api.example.com:443"]
    assert vetted_addresses("api.example.com", 443, 5) == ["8.8.8.8", "10.0.0.1"]


def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    import threading

    released = threading.Event()

    def hang(*_: Any, **__: Any) -> list[Any]:
        released.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with pytest.raises(Unreachable):
            vetted_addresses("api.example.com", 443, 0.1)
    finally:
        released.set()
