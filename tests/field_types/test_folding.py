"""Texts are sorted and searched without accents first, and are the same only where they were."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.field_types import index_text, normal_text, search_text, shown_text

ORDERS = [
    ["Äpfel", "apple", "Øl", "Zebra", "zoo"],
    ["Apfel", "Äpfel", "Apfel 2", "Apfelsaft", "Apotheke"],
    ["cote", "coté", "côte", "côté", "coter"],
    ["Lodz", "Łódź", "Lyon"],
    ["oe", "Œuvre", "of"],
    ["Straße", "Strasse 2", "Strauß"],
    ["елка", "ёлка", "заря", "игла", "йод"],
    ["ήλιος", "ηλιού"],
    ["Ａnna", "Anne"],  # noqa: RUF001
]
FOUND = [
    ("Äpfel", "apfel"),
    ("Apfel", "äpf"),
    ("Øl", "ol"),
    ("Łódź", "lodz"),
    ("Cæsar", "caesar"),
    ("Straße", "STRASSE"),
    ("A\u0308pfel", "Ä"),
    ("Ёлка", "ел"),
    ("ﬁn", "fi"),
    ("m²", "m2"),
    ("Ｔｏｋｙｏ", "tokyo"),  # noqa: RUF001
    ("İstanbul", "istanbul"),
]
# Marks that are no accents: without them, these are other words.
APART = [("йод", "иод"), ("が", "か"), ("कि", "क"), ("أ", "ب"), ("ก้", "ก็")]


@pytest.mark.parametrize("texts", ORDERS)
def test_accents_decide_last(texts: list[str]) -> None:
    assert sorted(texts, key=index_text) == texts


@pytest.mark.parametrize(("text", "part"), FOUND)
def test_a_part_is_found_whatever_its_accents(text: str, part: str) -> None:
    assert search_text(part) in index_text(text)


@pytest.mark.parametrize(("text", "other"), APART)
def test_letters_of_other_scripts_stay_apart(text: str, other: str) -> None:
    assert search_text(other) not in index_text(text) or search_text(other) in normal_text(text)
    assert index_text(text) != index_text(other)


@settings(max_examples=300)
@given(st.text(max_size=8), st.text(max_size=8))
def test_texts_are_the_same_only_where_they_were(one: str, other: str) -> None:
    assert shown_text(index_text(one)) == normal_text(one)
    assert (index_text(one) == index_text(other)) == (normal_text(one) == normal_text(other))
    assert index_text(shown_text(index_text(one))) == index_text(one)
    # Text is found by what can be read of it.
    assert search_text(one) in index_text(one)
