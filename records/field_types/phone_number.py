"""A phone number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumberFormat,
    example_number,
    format_number,
    is_valid_number,
    parse,
)

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    Guess,
    InvalidValue,
    Stored,
    check_text,
    field_types,
    quoted,
    settings_group,
)
from .conditions import text_conditions, whole_text
from .folding import index_text

SETTINGS = "phonenumber_options"
MAX_LENGTH = 64
EXTENSION = re.compile(
    r"[\s,;]*(?:(?:x|ext|extn|extension|durchwahl|poste|доб)\b\.?|(?:x|ext\.?|доб\.?)(?=\d)|#)"
    r"[\s:.]*[0-9]{1,7}\s*$",
    re.IGNORECASE,
)


def _whole_number(field: FieldSpec, value: JSON) -> str:
    """What a filter compares with: any number in E.164, whichever way it is written."""
    plain = whole_text(field, value)
    try:
        return phone_in_e164(value, _region(field)) if len(value) <= MAX_LENGTH else plain
    except InvalidValue:
        return plain


class PhoneNumber(FieldType):
    """A valid phone number in E.164 form; national forms are read in the region of the field or
    workspace."""

    name = "phonenumber"
    label = "Phone number"
    text_like = True
    may_be_unique = True
    workspace_name = "phone"
    workspace_aliases = ("phone_number",)
    documented_settings = {SETTINGS: {}}
    guess = Guess(7, re.compile(r"\+"))
    conditions = text_conditions(_whole_number)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        text = check_text(raw, MAX_LENGTH).strip()
        return phone_in_e164(text, _region(field)) if text else None

    def readable_part(self, field: FieldSpec, text: str) -> str:
        """The number without its extension, which is not stored."""
        found = EXTENSION.search(text)
        return "" if found is None else text[: found.start()]

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[str]:
        return (index_text(stored, field.language),)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {
            "type": "string",
            "maxLength": MAX_LENGTH,
            "description": "A phone number, in international format or as written in "
            f"{_region(field)}.",
        }

    def example(self, field: FieldSpec) -> JSON:
        number = example_number(_region(field))
        return format_number(number, PhoneNumberFormat.E164) if number else "+12015550123"

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        region = settings_group(settings, SETTINGS).get("region")
        if region is None or region == "":
            return {SETTINGS: {"region": None}}
        if not isinstance(region, str):
            raise InvalidValue("expected a string.", at=(SETTINGS, "region"))
        if region.upper() not in SUPPORTED_REGIONS:
            raise InvalidValue(
                f"{quoted(region)} is not a known country code.", at=(SETTINGS, "region")
            )
        return {SETTINGS: {"region": region.upper()}}


def _region(field: FieldSpec) -> str:
    region: str | None = field.settings.get(SETTINGS, {}).get("region")
    return region or field.region


@lru_cache(maxsize=10_000)
def phone_in_e164(text: str, region: str) -> str:
    """A phone number in E.164 form, read as it is written in a country; InvalidValue for any other
    text."""
    try:
        number = parse(text, region)
    except NumberParseException:
        raise InvalidValue("Enter a valid phone number.") from None
    if not is_valid_number(number):
        raise InvalidValue("Enter a valid phone number.")
    if number.extension:
        raise InvalidValue("Enter the phone number without its extension, which is not stored.")
    return format_number(number, PhoneNumberFormat.E164)


field_types.register(PhoneNumber.name, PhoneNumber())
