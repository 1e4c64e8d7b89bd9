"""Trying a source out says which fields had values, and none of the values."""

from __future__ import annotations

from records.exceptions import ExternalError, NotFound
from records.models import ExternalSource
from records.services.external.connection_test import try_connection
from records.services.shaping.objects import archive_object
from tests.factories import Caller
from tests.services.acting import refusal

from .upstream import Upstream


def test_the_list_is_tried_or_one_record(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    assert try_connection(admin.author, source) == "The list was read; it is empty."
    upstream.things |= {
        key: {"id": key, "title": "Crate", "figures": {"amount": 3}} for key in ("a", "b")
    }

    said = "The list was read; its first record of 2 has the id 'a' and values of: name, amount."
    assert try_connection(admin.author, source) == said
    assert (
        try_connection(admin.author, source, " b ")
        == "The record has the id 'b' and values of: name, amount."
    )


def test_what_goes_wrong_is_raised(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    assert isinstance(refusal(try_connection, admin.author, source, "nothing"), NotFound)
    upstream.answer(503)
    assert isinstance(refusal(try_connection, admin.author, source), ExternalError)
    seen = len(upstream.seen)
    archive_object(admin.author, admin.schema("things").id)
    assert isinstance(refusal(try_connection, admin.author, source), NotFound)
    assert len(upstream.seen) == seen
