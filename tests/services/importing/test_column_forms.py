"""Numbers and dates are read as their column writes them, or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.exceptions import InvalidInput
from records.services.importing.column_forms import (
    FileForms,
    FormSurvey,
    file_forms,
    said_form,
)
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


def surveyed(*cells: str) -> FormSurvey:
    found = FormSurvey()
    found.add(cells)
    return found


@pytest.mark.parametrize(
    ("cells", "file", "numbers"),
    [
        (["12,50", "3,125"], FileForms(), COMMA),
        (["9.99", "3,125"], FileForms(delimiter=";"), POINT),
        (["12,50", "9.99"], FileForms(), NumberForm.UNCLEAR),
        (["3,125"], FileForms(), POINT),
        (["3,125"], FileForms(delimiter=";"), NumberForm.UNCLEAR),
        (["3,125"], FileForms(delimiter="\t"), NumberForm.UNCLEAR),
        (["3,125"], FileForms(proves_comma=True), COMMA),
        (["3,125"], FileForms(proves_point=True, delimiter=";"), POINT),
        (["3,125"], FileForms(True, True, ";"), NumberForm.UNCLEAR),
        (["3.125"], FileForms(), POINT),
        (["1.000", "2.500"], FileForms(delimiter="|"), POINT),
        (["1.000", "2.500"], FileForms(delimiter=";"), NumberForm.UNCLEAR),
        (["1.000", "NA", "7"], FileForms(delimiter="\t"), NumberForm.UNCLEAR),
        (["1.000", "0.5"], FileForms(delimiter=";"), POINT),
        (["1.000", "1.000.000"], FileForms(delimiter=";"), COMMA),
        (["3.125"], FileForms(proves_point=True, delimiter=";"), POINT),
        (["3.125"], FileForms(True, True, ";"), NumberForm.UNCLEAR),
        (["3.125"], FileForms(proves_comma=True, delimiter=";"), NumberForm.UNCLEAR),
        (["3.125", "3,125"], FileForms(), NumberForm.UNCLEAR),
        (["0,125"], FileForms(), COMMA),
        (["1", "20"], FileForms(proves_comma=True), POINT),
    ],
)
def test_the_column_or_the_file_proves_the_form_of_numbers(
    cells: list[str], file: FileForms, numbers: NumberForm
) -> None:
    assert surveyed(*cells).form(file).numbers == numbers


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["31/1/2024", "1/2/2024"], DMY),
        (["1/31/2024", "1/2/2024"], MDY),
        (["1/31/2024", "31/1/2024"], DateForm.UNCLEAR),
        (["1/2/2024"], DateForm.UNCLEAR),
        (["2024-01-31"], DateForm.YEAR_FIRST),
        (["31/12/24", "1/2/24"], DMY),
        (["12/31/24", "1/2/24", "0/0/00"], MDY),
    ],
)
def test_the_column_proves_the_order_of_dates(cells: list[str], dates: DateForm) -> None:
    assert surveyed(*cells).form().dates == dates


@pytest.mark.parametrize(
    ("cells", "mixed"),
    [(["12%", "0.5"], True), (["12%", "0"], False), (["12%", "3%", "NA"], False), (["5"], False)],
)
def test_percents_beside_other_numbers_may_be_either(cells: list[str], mixed: bool) -> None:
    form = surveyed(*cells).form()
    assert (form.mixed, form.numbers == NumberForm.UNCLEAR) == (mixed, mixed)
    assert not said_form(form, {"numbers": "point"}).mixed


def test_columns_of_texts_prove_nothing() -> None:
    columns = [surveyed("12,50", "x"), surveyed("9.99")]
    assert file_forms(columns, ";") == FileForms(False, True, ";")


def test_cells_are_counted_by_how_they_are_read() -> None:
    found = surveyed("1,5", "NA", "7", "007", "7", "")
    assert found.counts(ColumnForm(COMMA), CellKind.NUMBER) == {
        "read_differently": 2,
        "blank_marks": 1,
    }
    assert found.counts(ColumnForm(POINT, blanks=()), CellKind.NUMBER) == {
        "read_differently": 1,
        "unclear": 1,
    }


def test_a_caller_says_the_form() -> None:
    said = said_form(ColumnForm(), {"numbers": "comma", "dates": "dmy", "blanks": ["X"]})
    assert said == ColumnForm(COMMA, DMY, frozenset({"x"}))
    assert said_form(said, {}) == said
    with pytest.raises(InvalidInput, match="expected `numbers` of point, comma"):
        said_form(ColumnForm(), {"numbers": "dot"})


@given(
    st.lists(
        st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False), min_size=1
    ),
    st.sampled_from([",", "."]),
)
def test_numbers_of_two_places_are_read_back_in_either_form(
    numbers: list[Decimal], mark: str
) -> None:
    group = "." if mark == "," else ","
    marks = str.maketrans(",.", f"{group}{mark}")
    written = [f"{number:,.2f}".translate(marks) for number in numbers]
    form = surveyed(*written).form(FileForms(delimiter=";"))
    assert [Decimal(plain_cell(form, text, kind=CellKind.AMOUNT)) for text in written] == numbers


@given(st.lists(st.dates(min_value=date(1000, 1, 1)), min_size=1), st.sampled_from([DMY, MDY]))
def test_dates_are_read_back_or_unclear(days: list[date], order: DateForm) -> None:
    form = f"{{0.{'day' if order == DMY else 'month'}}}/{{0.{'month' if order == DMY else 'day'}}}"
    written = [f"{form.format(day)}/{day.year:04}" for day in days]
    found = surveyed(*written).form()
    for text, day in zip(written, days, strict=True):
        try:
            assert plain_cell(found, text, kind=CellKind.DATE) == day.isoformat()
        except Unclear:
            assert found.dates == DateForm.UNCLEAR


@given(st.text(max_size=30))
def test_no_text_breaks_a_survey(text: str) -> None:
    found = surveyed(text)
    found.typed_texts(FileForms())
    for kind in CellKind:
        found.counts(found.form(), kind)
