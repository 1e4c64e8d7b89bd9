"""A source compiled for its object: where it is, and which fields it has."""

from __future__ import annotations

import pytest

from records.models import ExternalSource
from records.services.catalogue.external_source import compile_source, may_be_mapped, split_path
from tests.factories import Caller, FieldDefinition, make_object

PATHS = [("", ()), ("a", ("a",)), ("a.b", ("a", "b")), (".a..b.", ("a", "b"))]


@pytest.mark.parametrize(("text", "expected"), PATHS)
def test_a_dotted_path_has_steps(text: str, expected: tuple[str, ...]) -> None:
    assert split_path(text) == expected


def test_values_that_refer_to_something_here_cannot_be_mapped(workspace: Caller) -> None:
    make_object(
        workspace,
        "Things",
        FieldDefinition("Keeper", "team_selector"),
        FieldDefinition("Papers", "files"),
    )
    fields = workspace.schema("things").by_name
    may = {name for name, spec in fields.items() if may_be_mapped(spec)}
    assert "name" in may
    assert not {"keeper", "papers", "owner", "created", "display_name"} & may


ADDRESSES = [
    ("https://example.com/api/", ("https", "example.com", 443, "/api")),
    ("http://example.com", ("http", "example.com", 80, "")),
    ("https://example.com:8443", ("https", "example.com", 8443, "")),
]


@pytest.mark.parametrize(("url", "expected"), ADDRESSES)
def test_an_address_is_taken_apart(
    workspace: Caller, url: str, expected: tuple[str, str, int, str]
) -> None:
    make_object(workspace, "Things")
    source = compile_source(
        ExternalSource(base_url=url, operations={}), workspace.schema("things").fields
    )
    assert (source.scheme, source.host, source.port, source.prefix) == expected


def test_without_a_mapping_fields_are_under_their_names(workspace: Caller) -> None:
    make_object(workspace, "Things", FieldDefinition("Colour", "text"))
    fields = workspace.schema("things").by_name
    row = ExternalSource(
        base_url="https://example.com", operations={"get": {"method": "GET", "path": "/x"}}
    )
    every = compile_source(row, fields.values())
    assert every.mapping[fields["colour"].id] == ("colour",)
    assert every.operations["get"].response_path == ()
    row.mapping = {"name": "title.text"}
    assert dict(compile_source(row, fields.values()).mapping) == {
        fields["name"].id: ("title", "text")
    }


def test_the_secret_is_not_shown(workspace: Caller) -> None:
    make_object(workspace, "Things")
    row = ExternalSource(base_url="https://example.com", operations={}, secret="very-secret")
    assert "very-secret" not in repr(compile_source(row, workspace.schema("things").fields))
