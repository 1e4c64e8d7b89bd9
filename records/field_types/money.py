"""An amount of money."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel.numbers import get_currency_precision, get_currency_symbol, list_currencies

from .base import JSON, FieldSpec, FieldType, InvalidValue, References, Stored, field_types, settings_group
from .conditions import number_conditions
from .numeric import exact_number, number_term, ungrouped

SETTINGS = "money_options"
DEFAULT_CURRENCY = "USD"
MIN_PLACES = 2  # unit prices have cents also where the currency has no coins for them


class Money(FieldType):
    """An amount in the field's currency; only the amount is stored."""

    name = "money"
    column = "number"
    plain = False
    sent_by = "amount"
    conditions = number_conditions(number_term)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        currency = _currency(field)
        if isinstance(raw, dict):
            raw = _amount(raw, currency)
        return None if raw == "" else exact_number(raw, _places(currency))

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        currency = _currency(field)
        cell = text.strip()
        amount = cell.removeprefix("-").lstrip()
        for prefix in (currency, _symbol(currency)):
            if amount.upper().startswith(prefix.upper()):
                amount = amount[len(prefix) :]
                break
        amount = ungrouped(amount)
        if not amount:
            return cell
        return f"-{amount}" if cell.startswith("-") else amount

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        currency = _currency(field)
        return {"currency": currency, "symbol": _symbol(currency), "amount": stored}

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "number", "description": f"Amount in {_currency(field)}"}

    def example(self, field: FieldSpec) -> JSON:
        return 1250.5

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        currency = settings_group(settings, SETTINGS).get("currency")
        if currency is None or currency == "":
            return {SETTINGS: {"currency": DEFAULT_CURRENCY}}
        if not isinstance(currency, str) or currency.upper() not in _currencies():
            raise InvalidValue(f"{SETTINGS}: currency: expected an ISO 4217 code, like {DEFAULT_CURRENCY}.")
        return {SETTINGS: {"currency": currency.upper()}}


def _currency(field: FieldSpec) -> str:
    options = field.settings.get(SETTINGS)
    currency: str = options["currency"] if options else DEFAULT_CURRENCY
    return currency


def _amount(raw: dict[str, JSON], currency: str) -> JSON:
    """The amount in `{amount}` or in what callers read, which must be in the field's currency."""
    if "amount" not in raw or isinstance(raw["amount"], dict):
        raise InvalidValue('Expected a number, or {"amount": number}.')
    sent = raw.get("currency", currency)
    if not isinstance(sent, str) or sent.upper() != currency:
        raise InvalidValue(f"The currency of this field is {currency}.")
    return raw["amount"]


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@cache
def _symbol(currency: str) -> str:
    return get_currency_symbol(currency, locale="en_US")


@cache
def _places(currency: str) -> int:
    return max(MIN_PLACES, get_currency_precision(currency))


field_types.register(Money.name, Money())
