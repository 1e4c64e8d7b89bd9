"""What a number format says that a number is: a code, a percent, an amount of a currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.services.tables.number_formats import number_format

# A format, a number, and what is shown; a number that stays as it is has no format.
SHOWN = [
    # Codes.
    ("00000", "501", "00501"),
    ("00000", "123456", "123456"),
    ("00000", "-1", "-1"),
    ("00000", "1.5", "1.5"),
    ("[Red]00000", "501", "00501"),
    ("00000_)", "501", "00501"),
    ("[$-409]00000", "501", "00501"),
    ("[Color10]00000", "501", "00501"),
    ("###00000", "501", "00501"),
    ("###00000", "1234567", "1234567"),
    ('"A"0000', "12", "A0012"),
    ('"SKU-"000', "12", "SKU-012"),
    ('"SKU-"0', "12", "SKU-12"),
    ("\\S\\K\\U000", "12", "SKU012"),
    ('"0"00', "12", "012"),
    ('"0"#########', "79111", "079111"),
    ("000-00-0000", "123456789", "123-45-6789"),
    ('000"-"00\\-0000', "123456789", "123-45-6789"),
    ("(000) 000-0000", "1234567890", "(123) 456-7890"),
    ("(000) 000-0000", "12", "(000) 000-0012"),
    ("[<=99999]00000;00000-0000", "501", "00501"),
    ("[<=99999]00000;00000-0000", "902101234", "90210-1234"),
    ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "5551234", "555-1234"),
    ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "2125551234", "(212) 555-1234"),
    # Percents.
    ("0%", "0.125", "12.5%"),
    ("0.00%", "0.07", "7%"),
    ("0.0%;[Red]-0.0%", "-0.5", "-50%"),
    ("0%", "1", "100%"),
    # Amounts.
    ("[$€-407] #,##0.00", "12.5", "€12.5"),
    ("#,##0.00\\ [$€-2]", "12.5", "€12.5"),
    ('#,##0.00\\ "€"', "-12.5", "-€12.5"),
    ('"£"#,##0.00', "12.5", "£12.5"),
    ("£#,##0.00", "12.5", "£12.5"),
    ('"$"#,##0.00_);[Red]("$"#,##0.00)', "-7", "-$7"),
    ('_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)', "0", "$0"),
    ('_-* #,##0.00 "€"_-;-* #,##0.00 "€"_-;_-* "-"?? "€"_-;_-@_-', "3", "€3"),
    ("[$$-409]#,##0", "3", "$3"),
    ("[$$-1009]#,##0", "3", "CAD 3"),
    ("[$¥-411]#,##0", "3", "¥3"),
    ("[$¥-804]#,##0", "3", "CNY 3"),
    ("[$CHF-807] #,##0.00", "3", "CHF 3"),
    ("[$USD] #,##0.00", "3", "$3"),
    ("#,##0.00 [$kr-41D]", "3", "SEK 3"),
    ("#,##0.00 [$kr-414]", "-3", "-NOK 3"),
]
PLAIN = [
    "General",
    "0",
    "0.00",
    "#,##0",
    "#,##0.00_);(#,##0.00)",
    "# ##0",
    "#\\ ##0",
    "0.00E+00",
    "# ?/?",
    '0" pcs"',
    '#,##0.00 "days"',
    '"about "0',
    "[Red]0.00",
    "@",
    "",
]


@pytest.mark.parametrize(("code", "number", "shown"), SHOWN)
def test_a_number_is_shown_with_what_its_format_says(code: str, number: str, shown: str) -> None:
    found = number_format(code)
    assert found is not None
    assert found.shown(number) == shown


@pytest.mark.parametrize("code", PLAIN)
def test_other_formats_show_numbers(code: str) -> None:
    assert number_format(code) is None


@given(st.integers(min_value=0, max_value=99999))
def test_a_code_keeps_its_zeros(number: int) -> None:
    found = number_format("00000")
    assert found is not None
    assert found.shown(str(number)) == f"{number:05}"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-99, max_value=99))
def test_a_percent_is_the_number_a_hundredfold(number: Decimal) -> None:
    found = number_format("0.00%")
    assert found is not None
    assert Decimal(found.shown(format(number, "f")).removesuffix("%")) == number * 100


@given(st.text(alphabet='0#?.,;%[]$€-"\\_*()<=>9 AEy@', max_size=20), st.integers())
def test_no_format_breaks(code: str, number: int) -> None:
    found = number_format(code)
    assert found is None or found.shown(str(number))
