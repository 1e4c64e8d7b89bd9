"""Reading answers of the Records API."""

from __future__ import annotations

from typing import Any


def values_of(answer: Any) -> dict[str, Any]:
    """A record's values by API name; the answer or one row of a page."""
    content = answer if isinstance(answer, dict) else answer.json()
    return {entry["name"]: entry["value"] for entry in content["fields"].values()}


def names_of(answer: Any) -> list[str]:
    """The display names of a page's records, in order."""
    return [row["display_name"] for row in answer.json()["results"]]


def codes_of(answer: Any) -> list[Any]:
    """Where and why a write was refused."""
    assert answer.status_code == 400, answer.content
    content = answer.json()
    assert [set(entry) for entry in content["fields"]] == [set(entry) for entry in content["codes"]]
    assert len(content["non_field_errors"]) == len(content["non_field_codes"])
    codes: list[Any] = content["codes"] + content["non_field_codes"]
    return codes


def uuid_of(answer: Any) -> str:
    uuid: str = answer.json()["id"]
    return uuid


def sent(**values: Any) -> dict[str, Any]:
    """The body of a write that gives these values."""
    return {"fields": [{"name": name, "value": value} for name, value in values.items()]}
