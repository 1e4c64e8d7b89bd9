"""Files that are imported as they are sent: what their columns are, and what is left of a refusal."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from records.exceptions import InvalidInput, NotAllowed
from records.models import ImportUpload
from records.services.operations.sent_files import AskedImport, import_sent_file
from tests.factories import Caller, FieldDefinition, make_member, make_object

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _statements_name_their_workspace() -> None:
    """Not those of workers, who name jobs by their keys."""


@pytest.fixture
def rooms(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Rooms",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Seats", "integer"),
        identifier_field=None,
    )
    return workspace


@pytest.mark.parametrize(
    ("header", "mapping", "expected"),
    [
        ("code,Seats", {}, {"code": "code", "Seats": "seats"}),
        ("externalId,seats", {}, {"externalId": "externalId", "seats": "seats"}),
        ("member_email,seats", {}, {"member_email": "memberEmail", "seats": "seats"}),
        ("a,b", {"a": "seats", "2": "memberId"}, {"a": "seats", "b": "memberId"}),
        ("seats,b", {"b": "seats"}, {"b": "seats"}),
        ("seats,externalId", {"externalId": None}, {"seats": "seats"}),
        ("id,seats", {}, {"seats": "seats"}),
        ("id,createdAt,updatedAt,seats", {}, {"id": "id", "seats": "seats"}),
    ],
)
def test_headers_are_slugs_names_beside_the_values_or_labels(
    rooms: Caller, header: str, mapping: Mapping[str, str | None], expected: dict[str, str]
) -> None:
    done = import_sent_file(
        rooms.author,
        rooms.schema("rooms"),
        "rooms.csv",
        [f"{header}\n".encode()],
        AskedImport(mapping=mapping),
    )
    assert done.names == expected
    assert done.job.status == "completed"


def test_a_refused_plan_leaves_no_file(rooms: Caller) -> None:
    asked = AskedImport(mapping={"code": "nope"})
    with pytest.raises(InvalidInput, match="nope"):
        import_sent_file(rooms.author, rooms.schema("rooms"), "a.csv", [b"code\n1\n"], asked)

    assert not ImportUpload.objects.exists()


def test_who_may_write_nothing_sends_no_file(rooms: Caller) -> None:
    reader = make_member(rooms, "ann@example.com", {"rooms": {"view": "all"}})
    with pytest.raises(NotAllowed):
        import_sent_file(
            reader.author, reader.schema("rooms"), "a.csv", [b"code\n1\n"], AskedImport()
        )
