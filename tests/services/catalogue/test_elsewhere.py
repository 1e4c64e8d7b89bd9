"""What works only on local records is refused for objects with an external source."""

from __future__ import annotations

from dataclasses import replace

from records.exceptions import ExternalConfig
from records.models import ExternalSource
from records.services.catalogue.elsewhere import check_kept_here
from records.services.catalogue.external_source import compile_source
from tests.factories import Caller, make_object
from tests.services.acting import refusal


def test_only_an_object_with_a_source_refuses(workspace: Caller) -> None:
    make_object(workspace, "Things")
    schema = workspace.schema("things")
    check_kept_here(schema, "imports")
    source = compile_source(
        ExternalSource(name="Shop", base_url="https://example.com", operations={}), schema.fields
    )
    error = refusal(check_kept_here, replace(schema, external=source), "imports")
    assert isinstance(error, ExternalConfig)
    assert error.detail == "The records of 'things' live in 'Shop', which does not support imports."
