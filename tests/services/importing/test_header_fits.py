"""How well a header names a field."""

from __future__ import annotations

import pytest

from records.services.importing.header_fits import Fit, fit_of
from tests.field_types.fields import make_field


@pytest.mark.parametrize(
    ("header", "name", "label", "fit"),
    [
        ("Sold on", "sold_on", "Sold on", Fit.LABEL),
        ("x" * 300, "x", "x" * 255, Fit.LABEL),
        ("sold_on", "sold_on", "Sold on", Fit.NAME),
        ("SOLD ON", "sold_on", "Sold on", Fit.NAME),
        ("Sold-on", "sold_on", "Sold on", Fit.SPELLING),
        ("% change", "change", "# change", None),
        ("% change", "change", "% Change", Fit.NAME),
        ("%-change", "change_2", "% change", Fit.SPELLING),
        ("---", "x", "***", None),
        ("Größe", "gr_e", "Width", None),
        ("Bought on", "sold_on", "Sold on", None),
    ],
)
def test_a_header_fits_a_field_by_label_name_or_spelling(
    header: str, name: str, label: str, fit: Fit | None
) -> None:
    field = make_field("text", name=name, display_name=label)
    assert fit_of(header, field) == fit
