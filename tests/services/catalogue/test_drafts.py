"""Labels, lengths, JSON and API names, before anything is created from them."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.services.catalogue.drafts import (
    check_json,
    check_label,
    check_length,
    free_name,
    slug,
)
from tests.services.acting import refusal

SLUGS = [
    ("Name", "name"),
    ("  Due date (EU) ", "due_date_eu"),
    ("Zoë's Café", "zoe_s_cafe"),
    ("2nd", "f_2nd"),
    ("日本", "f"),
    ("", "f"),
    ("x" * 70, "x" * 64),
]


@pytest.mark.parametrize(("label", "expected"), SLUGS)
def test_an_api_name_is_derived_from_a_label(label: str, expected: str) -> None:
    assert slug(label) == expected


@pytest.mark.parametrize(
    ("taken", "expected"),
    [(set(), "name"), ({"name"}, "name_2"), ({"name", "name_2", "name_3"}, "name_4")],
)
def test_a_taken_name_gets_a_number(taken: set[str], expected: str) -> None:
    assert free_name(taken, "name") == expected


def test_a_long_name_is_cut_before_its_number() -> None:
    assert free_name({"x" * 64}, "x" * 64) == "x" * 60 + "_2"


def test_a_label_is_stripped_and_has_1_to_255_characters() -> None:
    assert check_label("label", "  Name ") == "Name"
    for label, code in (
        ("", "required"),
        (" \t", "required"),
        ("x" * 256, "limit_exceeded"),
        ("a\x00", "limit_exceeded"),
    ):
        error = refusal(check_label, "label", label)
        assert (type(error), error.code) == (InvalidInput, code)
        assert error.detail.startswith("label: ")


def test_a_text_is_refused_when_it_is_too_long_to_store() -> None:
    assert check_length("part", "x" * 255) == "x" * 255
    assert refusal(check_length, "part", "x" * 256).code == "limit_exceeded"
    assert refusal(check_length, "part", "\x00").code == "limit_exceeded"


@pytest.mark.parametrize(
    "content", [None, True, "x", -(2**63), 2**63 - 1, 0.5, {"a": [1, {"b": "c"}]}]
)
def test_json_that_both_engines_store_alike_is_taken(content: Any) -> None:
    check_json("settings", content)


@pytest.mark.parametrize(
    "content", [2**63, -1e300, float("inf"), "a\x00", {"a\x00": 1}, {"a": [[{"b": "\x00"}]]}]
)
def test_json_that_postgresql_would_change_is_refused(content: Any) -> None:
    assert isinstance(refusal(check_json, "settings", content), InvalidInput)
