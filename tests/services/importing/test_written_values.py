"""Numbers and dates are read in the form that is said, and in no other."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.services.importing.written_values import (
    CellKind,
    ColumnForm,
    DateForm,
    NumberForm,
    Unclear,
    plain_cell,
)

POINT, COMMA = NumberForm.POINT, NumberForm.COMMA
DMY, MDY = DateForm.DAY_FIRST, DateForm.MONTH_FIRST


@pytest.mark.parametrize(
    ("form", "text", "plain"),
    [
        (POINT, "1,234.5", "1234.5"),
        (POINT, "1,234", "1234"),
        (POINT, "1,23,456.50", "123456.50"),
        (POINT, "12,34,56,789", "123456789"),
        (POINT, "1,2,345", "1,2,345"),
        (POINT, "123,45,678", "123,45,678"),
        (POINT, "3.125", "3.125"),
        (COMMA, "3,125", "3.125"),
        (COMMA, "1.234.567,5", "1234567.5"),
        (COMMA, "1.234", "1234"),
        (COMMA, "1 234,5", "1234.5"),
        (POINT, "1\u00a0234.5", "1234.5"),
        (POINT, "1'234.5", "1234.5"),
        (POINT, "-7", "-7"),
        (POINT, "\u22127", "-7"),
        (POINT, "(1,234.50)", "-1234.50"),
        (POINT, "12.5%", "12.5"),
        (COMMA, "12,50 €", "€12.50"),
        (POINT, "$ 1,250.50", "$1250.50"),
        (POINT, "-$3", "-$3"),
        (POINT, "¥1200", "¥1200"),
        (COMMA, "3,25 EUR", "EUR3.25"),
        (POINT, "CHF 1'250.50", "CHF1250.50"),
        (POINT, "-SEK 3", "-SEK3"),
        (COMMA, "1\u00a0234,50 zł", "zł1234.50"),
        (COMMA, "12,5 Kč", "Kč12.5"),
        (COMMA, "3,25 kr.", "kr3.25"),
        (POINT, "Rs. 3.25", "Rs3.25"),
        (COMMA, "R$ 3,25", "R$3.25"),
        (POINT, "1,200円", "円1200"),
        (POINT, "\uffe5\uff11\uff0c\uff12\uff10\uff10", "¥1200"),
        (POINT, "\uff11\uff12\uff0e\uff15\uff05", "12.5"),
        (POINT, "10²", "10²"),
        (POINT, "5.", "5."),
        (POINT, "12 złoty", "12 złoty"),
        (POINT, "SKU 3", "SKU 3"),
        (POINT, "$3 USD", "$3 USD"),
        (POINT, ".5", "0.5"),
        (POINT, "-.5", "-0.5"),
        (COMMA, ",5", ",5"),
        (POINT, "1.5e-7", "0.00000015"),
        (POINT, "0.30000000000000004", "0.300000000000000"),
        (POINT, "1.234567890123456789", "1.234567890123456789"),
        (POINT, "00501", "00501"),
        (POINT, "n/a", ""),
        (POINT, "seven", "seven"),
        (POINT, "1.2.3.4", "1.2.3.4"),
    ],
)
def test_a_number_is_read_in_the_form_of_its_column(
    form: NumberForm, text: str, plain: str
) -> None:
    assert plain_cell(ColumnForm(form), text, kind=CellKind.AMOUNT) == plain


@pytest.mark.parametrize(
    ("form", "text"),
    [(POINT, "12,50"), (COMMA, "9.99"), (NumberForm.UNCLEAR, "3,125"), (POINT, "1 234,5")],
)
def test_a_number_of_another_form_is_unclear(form: NumberForm, text: str) -> None:
    with pytest.raises(Unclear):
        plain_cell(ColumnForm(form), text, kind=CellKind.AMOUNT)


@pytest.mark.parametrize(
    ("form", "text", "plain"),
    [
        (DMY, "1/2/2024", "2024-02-01"),
        (MDY, "1/2/2024", "2024-01-02"),
        (MDY, "1/31/2024 1:30 PM", "2024-01-31T13:30:00"),
        (MDY, "1/31/2024 12:30 a.m.", "2024-01-31T00:30:00"),
        (DateForm.YEAR_FIRST, "2024/1/5", "2024-01-05"),
        (DateForm.YEAR_FIRST, "31.12.2024", "2024-12-31"),
        (DateForm.YEAR_FIRST, "2024年1月5日", "2024-01-05"),
        (MDY, "\uff12\uff10\uff12\uff14年\uff11月\uff15日 10:00", "2024-01-05T10:00:00"),
        (DateForm.YEAR_FIRST, "2024년 1월 5일", "2024-01-05"),
        (DateForm.YEAR_FIRST, "5 Sept 2024", "2024-09-05"),
        (DateForm.YEAR_FIRST, "December 31, 2024", "2024-12-31"),
        (DateForm.YEAR_FIRST, "2024-01-05 10:00:00 UTC", "2024-01-05T10:00:00+00:00"),
        (DateForm.YEAR_FIRST, "2024-01-05T10:00:00Z", "2024-01-05T10:00:00Z"),
        (DateForm.YEAR_FIRST, "2024-01-05", "2024-01-05"),
        (DateForm.UNCLEAR, "31/1/2024", "2024-01-31"),
        (DMY, "31/12/24", "2024-12-31"),
        (MDY, "12/31/99", "1999-12-31"),
        (DMY, "1.2.29 10:00", "2029-02-01T10:00:00"),
        (DMY, "31-12-24", "31-12-24"),
        (DMY, "0/0/00", ""),
        (DMY, "00/00/0000", ""),
        (DMY, "0000-00-00 00:00:00", ""),
        (DMY, "--05-17", ""),
        (DateForm.UNCLEAR, "5/5/2024", "2024-05-05"),
        (DMY, "31/31/2024", "31/31/2024"),
        (DMY, "1 Foo 2024", "1 Foo 2024"),
        (MDY, "1/31/2024 13:30 PM", "1/31/2024 13:30 PM"),
        (DMY, "soon", "soon"),
    ],
)
def test_a_date_is_read_in_the_order_of_its_column(form: DateForm, text: str, plain: str) -> None:
    assert plain_cell(ColumnForm(dates=form), text, kind=CellKind.DATE) == plain


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (DateForm.UNCLEAR, "1/2/2024"),
        # Of these years some programs make 1930 and 1968, others 2030 and 2068.
        (DMY, "31/12/30"),
        (MDY, "12/31/68"),
    ],
)
def test_a_date_of_an_unclear_order_or_century_is_unclear(order: DateForm, text: str) -> None:
    with pytest.raises(Unclear):
        plain_cell(ColumnForm(dates=order), text, kind=CellKind.DATE)


@pytest.mark.parametrize(
    ("text", "kind", "plain"),
    [
        ("€3", CellKind.AMOUNT, "€3"),
        ("€3", CellKind.NUMBER, "3"),
        ("NA", CellKind.WORD, ""),
        ("TRUE", CellKind.WORD, "TRUE"),
        ("0/0/00", CellKind.NUMBER, "0/0/00"),
    ],
)
def test_a_cell_is_read_by_the_kind_of_its_column(text: str, kind: CellKind, plain: str) -> None:
    assert plain_cell(ColumnForm(), text, kind=kind) == plain


def test_marks_that_are_said_are_the_only_ones() -> None:
    said = ColumnForm(blanks=frozenset({"x"}))
    assert plain_cell(said, "0/0/00", kind=CellKind.DATE) == "0/0/00"


@pytest.mark.parametrize("text", ["12%", "0.5"])
def test_in_a_column_of_percents_and_others_both_are_unclear(text: str) -> None:
    with pytest.raises(Unclear):
        plain_cell(ColumnForm(mixed=True), text, kind=CellKind.NUMBER)
    assert plain_cell(ColumnForm(mixed=True), "0", kind=CellKind.NUMBER) == "0"


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001
def test_iso_stays_as_it_is(moment: datetime) -> None:
    text = moment.isoformat()
    assert plain_cell(ColumnForm(), text, kind=CellKind.DATE) == text
