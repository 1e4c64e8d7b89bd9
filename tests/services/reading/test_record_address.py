"""How callers address a record, and what is refused as an address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from records.exceptions import InvalidInput, NotFound
from records.services.operations.lifecycle import upsert_record
from records.services.reading.record_address import (
    Address,
    address,
    external_key,
    get_remaining,
)
from records.services.storage.rows import ExternalKey
from tests.factories import Caller, archive, entries, make_object, make_record
from tests.services.acting import refusal

UUID_TEXT = "0187c6f0-0000-7000-8000-0000000000ab"
TAKEN: list[tuple[tuple[Any, ...], Address]] = [
    ((UUID_TEXT,), Address(UUID_TEXT)),
    ((UUID_TEXT.upper(),), Address(UUID_TEXT)),
    ((UUID(UUID_TEXT),), Address(UUID_TEXT)),
    ((None, "7"), Address(None, ExternalKey("", "7"))),
    ((UUID_TEXT, " 7 ", "crm"), Address(UUID_TEXT, ExternalKey("crm", " 7 "))),
]


@pytest.mark.parametrize(("sent", "expected"), TAKEN)
def test_an_address_is_an_id_an_external_id_or_both(
    sent: tuple[Any, ...], expected: Address
) -> None:
    assert address(*sent) == expected
    assert address(*sent).by_id is (sent[0] is not None)


@pytest.mark.parametrize("sent", ["", "7", "x" * 36, UUID_TEXT + "0"])
def test_an_id_that_is_not_a_uuid_is_not_found(sent: str) -> None:
    assert isinstance(refusal(address, sent), NotFound)


REFUSED: list[tuple[object, object, str, str]] = [
    ("", "", "external_id", "required"),
    (" \t", "", "external_id", "required"),
    ("x" * 256, "", "external_id", "limit_exceeded"),
    (7, "", "external_id", "invalid"),
    ("a\x00", "", "external_id", "invalid"),
    ("7", "x" * 256, "external_source", "limit_exceeded"),
]


@pytest.mark.parametrize(("external_id", "source", "part", "code"), REFUSED)
def test_a_bad_external_id_is_refused(
    external_id: object, source: object, part: str, code: str
) -> None:
    error = refusal(external_key, external_id, source)
    assert isinstance(error, InvalidInput)
    assert (error.path, error.code) == ((part,), code)


def test_an_empty_address_is_refused() -> None:
    assert refusal(address).code == "required"


def test_two_ids_must_belong_to_the_same_record(workspace: Caller) -> None:
    make_object(workspace, "Notes")
    author, schema = workspace.author, workspace.schema("notes")
    known = upsert_record(author, schema, address(None, "7"), entries({"name": "a"})).record.uuid
    other = make_record(workspace, "notes", name="b").record.uuid
    for where in (address(known), address(None, "7"), address(known, "7")):
        assert get_remaining(author, schema, where, ()).uuid == known
    for where in (
        address(other, "7"),
        address(known, "8"),
        address(None, "8"),
        address(None, "7", "crm"),
    ):
        assert isinstance(refusal(get_remaining, author, schema, where, ()), NotFound)
    archive(workspace, "notes", known)
    assert get_remaining(author, schema, address(None, "7"), ()).row.state == "archived"
