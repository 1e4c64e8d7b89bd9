"""Who sends a request, as far as can be told before it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.http import CALLER, address_of

CREDENTIALS = ("HTTP_X_API_KEY", "HTTP_AUTHORIZATION", "HTTP_COOKIE")
MOST = 20_000  # credentials that are remembered


class Callers:
    """Knows whose credentials are which, from the requests that had them before.

    What nobody has found to be good says nothing about a caller: then the address is all there is,
    so that nobody gets more turns for more made-up keys.
    """

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, environ: Mapping[str, Any]) -> str:
        """The caller as it was found out before; an address when it never was."""
        return self._known.get(_digest(environ)) or address_of(environ)

    def learn(self, environ: Mapping[str, Any]) -> None:
        """Remember who the sender of this request was found to be."""
        caller = environ.get(CALLER)
        if caller is None:
            return
        digest = _digest(environ)
        if len(self._known) >= MOST and digest not in self._known:
            self._known = dict(list(self._known.items())[MOST // 2 :])
        self._known[digest] = caller


def _digest(environ: Mapping[str, Any]) -> int:
    """Stands for the credentials of a request; no secret is kept, nor found out from it."""
    return hash(tuple(environ.get(name, "") for name in CREDENTIALS))
