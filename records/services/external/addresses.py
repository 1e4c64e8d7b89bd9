"""Which addresses may be connected to: public ones, and those of hosts that the operator has opened.

An upstream is named by whoever sets a workspace up, and called from inside the operator's network: without this,
anybody could have this server ask its neighbours, itself, or the cloud's metadata service.
"""

from __future__ import annotations

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

Address = IPv4Address | IPv6Address
# Networks that lead to other addresses (6to4, Teredo, NAT64), and clouds' own services at addresses that look public.
ELSEWHERE = ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", "192.88.99.0/24")
CLOUDS = ("168.63.129.16/32", "192.0.0.0/24")
FORBIDDEN = [ip_network(text) for text in (*ELSEWHERE, *CLOUDS)]
PUBLIC_IPV6 = IPv6Network("2000::/3")


class Unreachable(Exception):
    """The host has no address, or none was found in time."""


class Forbidden(Exception):
    """The host may not be connected to."""


def is_opened(host: str, port: int) -> bool:
    """Whether the operator has opened this host, whatever its addresses are."""
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" in {entry.strip().lower() for entry in settings.EXTERNAL_ALLOWED_HOSTS}


def is_public(text: str) -> bool:
    """Whether this is an address of the public internet."""
    address: Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address not in PUBLIC_IPV6:
            return False
    closed = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not closed and not any(address in network for network in FORBIDDEN)


def vetted_addresses(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host, all of which may be connected to; Forbidden when one may not."""
    found = _resolve(host, port, seconds)
    if not is_opened(host, port) and not all(is_public(address) for address in found):
        raise Forbidden
    return found


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Ask the resolver in a thread, since it knows no time limit."""
    found: list[str] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(row[4][0]) for row in rows))

    asking = threading.Thread(target=ask, daemon=True, name="resolve")
    asking.start()
    asking.join(seconds)
    if asking.is_alive() or not found:
        raise Unreachable
    return list(found)
