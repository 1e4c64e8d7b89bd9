"""The type of a new field follows from every value of its column."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from records.services.importing.inference import ColumnSurvey

SIZES = ["Small", "Medium", "Large"] * 10


def survey(header: str, values: Sequence[str]) -> ColumnSurvey:
    """A survey that meets the values in two chunks."""
    found = ColumnSurvey(header)
    found.add(values[: len(values) // 2])
    found.add(values[len(values) // 2 :])
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-20", "0"], "integer"),
        (["1,234", "5"], "integer"),
        (["", "7", " "], "integer"),
        (["9223372036854775807"], "integer"),
        (["9223372036854775808"], "text"),
        (["007", "12"], "text"),
        (["+7", "12"], "text"),
        (["00M", "01G"], "text"),
        (["1e5"], "text"),
        (["1.5", "2", "-0.25"], "decimal"),
        (["31.95376472"], "decimal"),
        (["1,234.5"], "decimal"),
        (["1,23,456.50", "12,34,567"], "decimal"),
        (["1,23,456", "12,34,567"], "integer"),
        (["1.2345678901234567"], "decimal"),
        (["1.23456789012345678"], "text"),
        (["2024-02-29", "1999-12-31"], "date"),
        (["2024-02-30"], "text"),
        (["31/12/2024"], "date"),
        (["1/2/2024"], "text"),
        (["no", "no"], "text"),
        (["12,50", "3,125"], "decimal"),
        (["12,50", "9.99"], "text"),
        (["NA", "7"], "integer"),
        (["NA", "n/a"], "text"),
        (["5 Jan 2024", "2024/01/05"], "date"),
        (["1/31/2024 1:30 PM"], "datetime"),
        (["(1,234.50)", "12.00"], "decimal"),
        (["555 123 456"], "text"),
        (["1.5e-7"], "decimal"),
        (["2024-02-29", "2024-02-29 10:00"], "datetime"),
        (["2024-02-29T10:00:00+02:00"], "datetime"),
        (["2024-02-29T25:00"], "text"),
        (["true", "FALSE", "true"], "checkbox"),
        (["yes", "No"], "checkbox"),
        (["y", "n"], "checkbox"),
        (["N", "N"], "text"),
        (["yes", "no", "maybe"], "text"),
        (["office@example.com", "a.b@example.org"], "email"),
        (["office@example.com", "nobody"], "text"),
        (["+44 20 7946 0958", "+12015550123"], "phonenumber"),
        (["+44 20 7946 0958", "020 7946 0958"], "text"),
        (["+1 000"], "text"),
        (SIZES, "dropdown"),
        (["small", "SMALL ", "large"] * 10, "dropdown"),
        (["Small", "Large"], "text"),
        (["only"] * 40, "text"),
        ([f"option {number}" for number in range(101)] * 10, "text"),
        (["x" * 61, "y"] * 20, "text"),
        (["a\x00", "b"] * 20, "text"),
        (["x" * 255, "y"], "text"),
        (["x" * 256, "y"], "longtext"),
        (["", " "], "text"),
        ([], "text"),
    ],
)
def test_the_type_takes_every_value(values: list[str], expected: str) -> None:
    assert survey("Column", values).kind() == expected


@pytest.mark.parametrize(
    ("header", "values", "expected", "currency"),
    [
        ("Cost Total $", ["0", "144634"], "money", "USD"),
        ("annual_revenue", ["1.50", "2"], "money", "USD"),
        ("Price (€)", ["1.50"], "money", "EUR"),
        ("Fee", ["$1,250.50", "-$3"], "money", "USD"),
        ("Fee", ["£3", "4"], "money", "GBP"),
        ("Amount", ["$3", "£4"], "text", None),
        ("Amount", ["1.505"], "decimal", None),
        ("Amount of damage", ["None", "Minor"], "text", None),
        ("Costume", ["1", "2"], "integer", None),
    ],
)
def test_numbers_are_money_where_the_header_or_the_values_say_so(
    header: str, values: list[str], expected: str, currency: str | None
) -> None:
    field = survey(header, values).infer()

    assert field.field_type == expected
    assert field.settings == ({} if currency is None else {"money_options": {"currency": currency}})


@pytest.mark.parametrize("first", ["Red", "red", "RED", "rEd "])
def test_an_option_is_spelt_as_it_is_first_seen(first: str) -> None:
    found = survey("Colour", [first, *["RED", "Blue", "red", "Red", "BLUE", "blue"] * 10])

    assert [option.name for option in found.infer().options] == ["Blue", first.strip()]


def test_the_options_are_the_distinct_values_however_they_are_cased() -> None:
    field = survey("Wildlife Size", [*SIZES, "SMALL", " large "]).infer()

    assert [option.name for option in field.options] == ["Large", "Medium", "Small"]


@pytest.mark.parametrize(
    ("header", "name", "label"),
    [
        ("Airport Name", "airport_name", "Airport Name"),
        ("annual_revenue", "annual_revenue", "Annual revenue"),
        ("Cost Total $", "cost_total", "Cost Total $"),
        ("2024", "f_2024", "2024"),
    ],
)
def test_the_field_is_named_after_the_header(header: str, name: str, label: str) -> None:
    field = survey(header, ["x"]).infer()

    assert (field.name, field.display_name) == (name, label)
