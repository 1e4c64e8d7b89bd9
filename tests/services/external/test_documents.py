"""The OpenAPI documents list what is answered for records that live in an external source."""

from __future__ import annotations

import pytest

from records.models import ExternalSource
from records.services.external.ids import uuid_of
from tests.api.documented import document_of
from tests.factories import Caller

from .upstream import Upstream


@pytest.mark.parametrize("api", ["records", "workspace"])
def test_what_a_failing_source_makes_of_each_call_is_documented(
    admin: Caller, source: ExternalSource, upstream: Upstream, api: str
) -> None:
    upstream.answer(500)
    keys = {
        "object_identifier": "things",
        "object_key": "things",
        "data_type_id": str(source.object_id),
    }
    documented = document_of(admin, api, **keys, entity_id=uuid_of("A/1"))
    met = set()
    for method, path, operation in reversed(
        list(documented.operations())
    ):  # the object is archived last
        if any(f"{{{name}}}" in path for name in keys):
            answer = documented.call(method, path)
            met.add(answer.status_code)
            assert answer.status_code < 400 or documented.undocumented(operation, answer) == ""

    assert 424 in met
