"""Which addresses may be connected to: public ones, and those of hosts that the operator has
opened.

Workspace admins choose the upstream, and this server calls it from inside the operator's network.
Without this check they could make it call its neighbours, itself, or the cloud's metadata service.
"""

from __future__ import annotations

import re
import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

Address = IPv4Address | IPv6Address
# Multicast, reserved, unspecified and link-local addresses of IPv4. Some of them count as global.
SPECIAL_IPV4 = ("224.0.0.0/4", "240.0.0.0/4", "0.0.0.0/32", "169.254.0.0/16")
# All of IPv6 but 2000::/3, the only part that the internet uses.
SPECIAL_IPV6 = ("::/3", "4000::/2", "8000::/1")
# Networks that lead to other addresses (6to4, Teredo, NAT64), and clouds' own services at addresses
# that look public.
ELSEWHERE = ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", "192.88.99.0/24")
CLOUDS = ("168.63.129.16/32", "192.0.0.0/24")
CLOSED = [ip_network(text) for text in (*SPECIAL_IPV4, *SPECIAL_IPV6, *ELSEWHERE, *CLOUDS)]


# The last label of names that no public name server knows.
NEARBY = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
)
HOME = "home.arpa"
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# Programs that connect read `127.1`, `0x7f.1` and `2130706433` as addresses.
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# The middle of an IPv6 address that carries an IPv4 address in its last four bytes (ISATAP).
ISATAP = frozenset({0x00005EFE, 0x02005EFE})


class Unreachable(Exception):
    """The host has no address, or none was found in time."""


class Forbidden(Exception):
    """The host may not be connected to."""


def is_opened(host: str, port: int) -> bool:
    """Whether the operator has opened this host, whatever its addresses are."""
    # The setting writes IPv6 addresses in brackets, as URLs do.
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" in {entry.strip().lower() for entry in settings.EXTERNAL_ALLOWED_HOSTS}


def is_public(text: str) -> bool:
    """Whether this is an address of the public internet."""
    # The zone of a scoped IPv6 address says which interface to use, not where it leads.
    address: Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        # `::ffff:10.0.0.1` is connected to as 10.0.0.1.
        address = address.ipv4_mapped or _carried(address) or address
    return address.is_global and not any(address in network for network in CLOSED)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The address that a tunnel inside of a site leads to."""
    number = int(address)
    return IPv4Address(number & 0xFFFFFFFF) if (number >> 32) & 0xFFFFFFFF in ISATAP else None


def may_be_public(host: str) -> bool:
    """Whether this is a public address in its usual form, or a name that may have one; what the
    addresses of a name are is looked at when it is called."""
    name = host.removesuffix(".")
    labels = name.split(".")
    if ":" in host or NUMBER.fullmatch(labels[-1]):
        try:
            return is_public(name)
        except ValueError:
            return False  # an address in an unusual form, or none
    # A name without a dot is one of the own network.
    known = len(labels) > 1 and all(map(LABEL.fullmatch, labels))
    return known and labels[-1] not in NEARBY and not name.endswith(f".{HOME}") and name != HOME


def vetted_addresses(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host; Forbidden if connecting to any of them is not allowed."""
    found = _resolve(host, port, seconds)
    # All of them: which one is connected to depends on the network.
    if not is_opened(host, port) and not all(is_public(address) for address in found):
        raise Forbidden
    return found


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Ask the resolver in a thread, because it has no time limit of its own."""
    found: list[str] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):  # IDNA refuses some names before any look-up
            return
        found.extend(dict.fromkeys(str(row[4][0]) for row in rows))

    asking = threading.Thread(target=ask, daemon=True, name="resolve")
    asking.start()
    asking.join(seconds)
    # A copy below: a thread that is late may still add to the list.
    if asking.is_alive() or not found:
        raise Unreachable
    return list(found)
