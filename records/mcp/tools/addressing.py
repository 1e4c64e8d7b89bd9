"""Which record a call is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from records.exceptions import Conflict, InvalidInput, NotFound, RecordsError, quoted
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.operations import home_of
from records.services.reading import Address, external_key
from records.services.storage import ExternalKey, RecordRow

from .base import Arguments


def record_uuid(arguments: Arguments) -> str:
    """The UUID in `record_id`."""
    try:
        return str(UUID(arguments["record_id"]))
    except ValueError:
        raise InvalidInput(
            f"{quoted(arguments['record_id'])} is not a UUID; send your own ids as external_id.",
            at="record_id",
        ) from None


def record_address(arguments: Arguments) -> Address:
    """The record that a call names by its id, by the caller's own id, or by both."""
    uuid = record_uuid(arguments) if "record_id" in arguments else None
    external = None
    if "external_id" in arguments:
        external = external_key(arguments["external_id"], arguments.get("external_source", ""))
    elif "external_source" in arguments:
        raise InvalidInput(
            "says where an external_id comes from; send that too.", "required", at="external_source"
        )
    if uuid is None and external is None:
        needed = f"{arguments['action']} needs" if "action" in arguments else "name the record by"
        raise InvalidInput(f"{needed} record_id or external_id.", "required", at="record_id")
    return Address(uuid, external)


def check_same(schema: ObjectSchema, row: RecordRow, external: ExternalKey | None) -> None:
    """Conflict unless the record has the external id that it is also named by."""
    if external is None:
        return
    elsewhere = schema.external is not None  # where all external ids are those of the one upstream
    if row.external_id != external.id or not (elsewhere or row.external_source == external.source):
        raise Conflict(
            "The record id and the external id belong to different records; send one of them."
        )


@contextmanager
def told_by_argument(author: Author, schema: ObjectSchema, arguments: Arguments) -> Iterator[None]:
    """A record that is not there is told by the argument that named it, and one that is archived
    with the tool that brings it back."""
    try:
        yield
    except NotFound:
        argument = "record_id" if "record_id" in arguments else "external_id"
        named = quoted(arguments.get(argument, ""))
        if argument == "external_id":
            source = arguments.get("external_source")
            named += f" of {quoted(source)}" if source else " without external_source"
        if _is_archived(author, schema, arguments):
            message = (
                f"{argument}: there is no live {schema.name} record {named}, but an archived one; "
                "unarchive_record brings it back."
            )
            raise NotFound(message) from None
        message = (
            f"{argument}: there is no {schema.name} record {named}; query_records finds the "
            "existing ones."
        )
        raise NotFound(message) from None


def _is_archived(author: Author, schema: ObjectSchema, arguments: Arguments) -> bool:
    """Whether the record that is named is one the caller may see, and archived."""
    if schema.external is not None:  # another call would not tell more
        return False
    try:
        view = home_of(schema).get_remaining(author, schema, record_address(arguments), ())
    except RecordsError:
        return False
    return view.row.state == "archived"
