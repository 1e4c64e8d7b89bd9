"""Which addresses a webhook may have."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from records.exceptions import InvalidInput
from records.services.catalogue import PORTS
from records.services.external import is_opened, may_be_public

MAX_URL = 1000
SHAPE = re.compile(r"[\x21-\x7e]+")


def check_url(sent: str) -> str:
    """An address that may be called: TLS, and a host that is not this network's own.

    Names are looked up at each call, and connected to only where all their addresses are public.
    """
    url = sent.strip()
    if len(url) > MAX_URL:
        raise InvalidInput(f"at most {MAX_URL} characters.", "limit_exceeded", at="url")
    parts, host, port = split_url(url)
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(
            "a user or password is not allowed; verify the signature instead.", at="url"
        )
    opened = is_opened(host, port)
    # Plain HTTP only to hosts that the operator opened.
    if parts.scheme != "https" and not (opened and parts.scheme == "http"):
        raise InvalidInput("expected a URL that starts with https://.", at="url")
    if not opened and not may_be_public(host):
        raise InvalidInput(
            "this host is not allowed: it is not on the public internet, or not written as a "
            "domain name or an address in its usual form.",
            at="url",
        )
    return url


def split_url(url: str) -> tuple[SplitResult, str, int]:
    """The parts of a URL, its host and its port; InvalidInput where it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    # Bad ports and brackets raise only when they are read.
    except ValueError:
        raise InvalidInput("not a valid URL.", at="url") from None
    if not SHAPE.fullmatch(url) or "#" in url or "\\" in url or not parts.scheme:
        raise InvalidInput("not a valid URL.", at="url")
    if not re.fullmatch(r"[a-z0-9._:-]+", host):
        raise InvalidInput("expected a host; write it in ASCII (xn--…).", at="url")
    return parts, host, port


def target_of(parts: SplitResult) -> str:
    """The path with its query, as it is sent."""
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
