"""Why something is written: in the caller's words, kept with every change of an operation."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from records.exceptions import InvalidInput
from records.models import MAX_REASON

from .author import Author

__all__ = ["MAX_REASON", "because", "check_reason", "with_reason"]

# What would break a line, or turn the direction of the text around it.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_reason(text: str, at: str) -> str:
    """A reason as it is kept, without white space around it; InvalidInput, at the place where it
    was sent, for one that is too long or holds control characters."""
    reason = unicodedata.normalize("NFC", text).strip()
    if len(reason) > MAX_REASON:
        raise InvalidInput(f"at most {MAX_REASON} characters.", "limit_exceeded", at=at)
    if any(sign in _TURNING or unicodedata.category(sign) in _REFUSED for sign in reason):
        raise InvalidInput("control characters and line breaks are not allowed.", at=at)
    return reason


def with_reason(author: Author, text: str, at: str) -> Author:
    """The author, who writes for this reason; without a text, for none."""
    return replace(author, reason=check_reason(text, at)) if text else author


def because(author: Author, fact: str) -> Author:
    """The author, with a fact that the product adds to their reason: what the history would not
    say otherwise."""
    reason = f"{fact}: {author.reason}" if author.reason else fact
    return replace(author, reason=reason[:MAX_REASON])
