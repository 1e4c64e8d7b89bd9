"""Which addresses a webhook may have."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from records.exceptions import InvalidInput
from records.services.catalogue import PORTS, port_of
from records.services.external import is_opened, may_be_public

MAX_URL = 1000
# Visible ASCII without a fragment, and without what some programs read as a slash.
SHAPE = re.compile(r"[a-zA-Z]+:[\x21-\x22\x24-\x5b\x5d-\x7e]+")
HINT = "The operator can open others with EXTERNAL_ALLOWED_HOSTS."
HOST = re.compile(r"[a-z0-9._:-]+")


def check_url(sent: str) -> str:
    """An address that may be called: TLS, and a host that is not this network's own.

    Names are looked up at each call, and connected to only where all their addresses are public.
    """
    url = sent.strip()
    if len(url) > MAX_URL:
        raise InvalidInput(f"at most {MAX_URL} characters.", "limit_exceeded", at="url")
    parts, host, port = split_url(url)
    if "@" in parts.netloc:
        raise InvalidInput(
            "a user or password is not allowed; verify the signature instead.", at="url"
        )
    # Opened by the operator: these may be near, and without TLS.
    if is_opened(host, port) and parts.scheme in PORTS:
        return url
    if parts.scheme != "https":
        raise InvalidInput(f"expected a URL that starts with https://. {HINT}", at="url")
    if not may_be_public(host):
        raise InvalidInput(
            "this host is not allowed: it is not on the public internet, or not written as a "
            "domain name or an address in its usual form. " + HINT,
            at="url",
        )
    return url


def split_url(url: str) -> tuple[SplitResult, str, int]:
    """The parts of a URL, its host and its port; InvalidInput where it is none."""
    if not SHAPE.fullmatch(url):
        raise InvalidInput("not a valid URL.", at="url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", port_of(parts)
    # Bad ports and brackets raise only when they are read.
    except ValueError:
        raise InvalidInput("not a valid URL.", at="url") from None
    if not HOST.fullmatch(host):
        raise InvalidInput("expected a host; write it in ASCII (xn--…).", at="url")
    return parts, host, port


def target_of(parts: SplitResult) -> str:
    """The path with its query, as it is sent."""
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path
