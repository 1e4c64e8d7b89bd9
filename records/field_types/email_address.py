"""An e-mail address."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    Guess,
    InvalidValue,
    Stored,
    check_text,
    field_types,
)
from .conditions import text_conditions
from .folding import index_text

MAX_LENGTH = 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
PLAIN_LOCAL = re.compile(rf"{ATOM}(?:\.{ATOM})*")


class Email(FieldType):
    """An address whose domain is in lower case; whether it receives mail is not asked."""

    name = "email"
    label = "Email address"
    text_like = True
    may_be_unique = True
    guess = Guess(6, re.compile("[^@]+@"))
    conditions = text_conditions()

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        address = check_text(raw, MAX_LENGTH).strip()
        local, at, domain = address.rpartition("@")
        # Millions of addresses share a few thousand domains, so the common form is checked domain
        # by domain.
        plain = at and PLAIN_LOCAL.fullmatch(local)
        normal = f"{local}@{_domain(domain)}" if plain else _validated(address)
        return check_text(normal, MAX_LENGTH) or None

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (index_text(stored, field.language),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": MAX_LENGTH}

    def example(self, field: FieldSpec) -> JSON:
        return "office@example.com"


def _validated(address: str) -> str:
    if not address:
        return ""
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InvalidValue(f"Enter a valid email address. {error}") from None


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    return _validated(f"a@{domain}").removeprefix("a@")


field_types.register(Email.name, Email())
