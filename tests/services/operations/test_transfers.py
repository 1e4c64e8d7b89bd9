"""What was tried is imported by the same plan, and what a search finds is exported from the
object's own home."""

from __future__ import annotations

from records.services.operations.transfers import export_records
from records.services.search.pages import SearchRequest
from tests.factories import Caller, make_object, make_record


def test_an_export_is_what_the_search_finds(workspace: Caller) -> None:
    make_object(workspace, "Things")
    for name in ("B", "A"):
        make_record(workspace, "things", name=name)
    schema = workspace.schema("things")
    request = SearchRequest((schema.by_name["name"],), ordering=("name",))

    with export_records(workspace.author, schema, request, "csv") as file:
        assert file.read().split() == [b"name", b"A", b"B"]
