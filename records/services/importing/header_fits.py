"""How well a header names a field."""

from __future__ import annotations

from enum import IntEnum

from records.field_types import FieldSpec
from records.field_types.numeric import CURRENCY_SIGNS
from records.services.catalogue import slug

from .address_books import letters

# Signs that tell two headers of the same words apart.
SIGNS = frozenset("%#&+°‰@").union(CURRENCY_SIGNS)
MAX_LABEL = 255


class Fit(IntEnum):
    """How a header fits a field, best first."""

    LABEL = 1
    NAME = 2  # the API name, or the label in another case
    SPELLING = 3  # either, but for spaces and signs between words


def fit_of(header: str, spec: FieldSpec) -> Fit | None:
    label = spec.display_name
    # A field that was made of a long header has as much of it as a label can have.
    if label in (header, header[:MAX_LABEL]):
        return Fit.LABEL
    if header == spec.name or header.casefold() == label.casefold():
        return Fit.NAME
    signs, others = SIGNS.intersection(header), SIGNS.intersection(label)
    # "% change" is not "# change".
    if signs and others and signs != others:
        return None
    plain = letters(header)
    # An API name says nothing of letters that ASCII does not have.
    is_name = plain.isascii() and slug(header) == spec.name
    return Fit.SPELLING if is_name or (plain and plain == letters(label)) else None
