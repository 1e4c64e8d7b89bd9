"""An amount of money."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from babel.numbers import get_currency_precision, get_currency_symbol, list_currencies

from .base import (
    JSON,
    FieldSpec,
    Guess,
    InvalidValue,
    References,
    Stored,
    field_types,
    plain_number,
    settings_group,
)
from .conditions import number_conditions
from .numeric import (
    CURRENCY_MARKS,
    CURRENCY_SIGNS,
    NUMBER_FORM,
    SHARED_MARKS,
    WHOLE,
    NumberType,
    are_numbers,
    exact_number,
    number_term,
    ungrouped,
)

SETTINGS = "money_options"
DEFAULT_CURRENCY = "USD"
# Currencies that columns write before or after amounts; none is a word.
CODES = (
    "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "ISK", "PLN",
    "CZK", "HUF", "RON", "BGN", "RUB", "UAH", "TRY", "CNY", "HKD", "TWD", "SGD", "KRW", "INR",
    "IDR", "MYR", "THB", "PHP", "VND", "BRL", "MXN", "ARS", "CLP", "COP", "PEN", "ZAR", "ILS",
    "AED", "SAR", "EGP", "NGN", "KES",
)  # fmt: skip
MARKS = CURRENCY_MARKS | {code: code for code in CODES}
WORDS = frozenset({"cost", "costs", "price", "prices", "amount", "amounts", "revenue", "revenues"})
FORM = re.compile(rf"-?(?:{'|'.join(map(re.escape, MARKS))})?{WHOLE}(?:\.[0-9]{{1,2}})?")
MIN_PLACES = 2  # unit prices have cents also where the currency has no coins for them


class Money(NumberType):
    """An amount in the field's currency; only the amount is stored."""

    name = "money"
    label = "Money"
    plain = False
    sent_by = "amount"
    documented_settings = {SETTINGS: {"currency": {"type": "string"}}}
    guess = Guess(1, marks=tuple(MARKS))
    conditions = number_conditions(number_term)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        currency = _currency(field)
        if isinstance(raw, dict):
            raw = _amount(raw, currency)
        # A text may have been an amount of another currency.
        if isinstance(raw, str) and raw and not NUMBER_FORM.fullmatch(raw):
            raise InvalidValue(f"Expected a number, the amount in {currency}.")
        return None if raw == "" else exact_number(raw, _places(currency))

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        currency = _currency(field)
        cell = text.strip()
        amount = cell.removeprefix("-").lstrip()
        for prefix in _marks(currency):
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

    def to_cell(self, field: FieldSpec, shown: JSON) -> int | float:
        amount: int | float = shown["amount"]
        return amount

    def to_words(self, field: FieldSpec, shown: JSON) -> str:
        amount = plain_number(shown["amount"], grouped=True)
        return f"{shown['symbol']}{amount}".replace("$-", "-$")

    def hint(self, field: FieldSpec) -> str:
        return f"Amount in {_currency(field)}"

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "number", "description": f"Amount in {_currency(field)}"}

    def example(self, field: FieldSpec) -> JSON:
        return 1250.5

    def fits(self, texts: Collection[str]) -> bool:
        return are_numbers(FORM, texts)

    def guess_settings(
        self, header: str, words: Collection[str], marks: Collection[str]
    ) -> Mapping[str, Any] | None:
        """Numbers are money where the header says so or all of them have one currency's sign."""
        found = {MARKS[mark] for mark in marks}
        in_header = [CURRENCY_SIGNS[sign] for sign in CURRENCY_SIGNS if sign in header]
        if len(found) > 1 or not (found or in_header or not WORDS.isdisjoint(words)):
            return None
        # `Price (EUR)` says it too; alone, such a word may be any.
        in_words = [code for code in CODES if code.lower() in words]
        currency = next(iter([*found, *in_header, *in_words]), DEFAULT_CURRENCY)
        return {SETTINGS: {"currency": currency}}

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        currency = settings_group(settings, SETTINGS).get("currency")
        if currency is None or currency == "":
            return {SETTINGS: {"currency": DEFAULT_CURRENCY}}
        if not isinstance(currency, str) or currency.upper() not in _currencies():
            raise InvalidValue(
                f"expected an ISO 4217 code, like {DEFAULT_CURRENCY}.", at=(SETTINGS, "currency")
            )
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
def _marks(currency: str) -> tuple[str, ...]:
    """What may stand before an amount in this currency."""
    written = (mark for mark, meant in MARKS.items() if meant == currency)
    shared = (mark for mark, others in SHARED_MARKS.items() if currency in others)
    return (currency, _symbol(currency), *written, *shared)


@cache
def _places(currency: str) -> int:
    return max(MIN_PLACES, get_currency_precision(currency))


field_types.register(Money.name, Money())
