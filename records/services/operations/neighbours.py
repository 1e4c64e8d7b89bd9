"""The records that a record is moved between, on a board that shows a pipeline by stages."""

from __future__ import annotations

from collections.abc import Mapping

from records.exceptions import InvalidInput
from records.services.access import Author, find_field
from records.services.catalogue import ObjectSchema
from records.services.reading import RecordNames

from .home import home_of


def check_neighbours(
    author: Author, schema: ObjectSchema, stage_id: str, named: Mapping[str, str | None]
) -> None:
    """InvalidInput unless every record that is named, by the key it was sent under, is one in this
    stage that the caller may see.

    Where the caller may not move records to the stage, nothing is checked: the write says so.
    """
    sent = {key: uuid for key, uuid in named.items() if uuid is not None}
    stage = schema.stage_field
    if not sent or stage is None or find_field(author, schema, stage.uuid) is None:
        return
    option = stage.option_keys.get(stage_id.lower())
    if option is None:
        return
    found = home_of(schema).get_records(author, schema, RecordNames(uuids=list(sent.values())), ())
    for key, view in zip(sent, found.by_uuid, strict=True):
        if view is None:
            raise InvalidInput("there is no such record.", "does_not_exist", at=key)
        if view.row.values.get(str(stage.id)) != option:
            raise InvalidInput("the record is in another stage.", at=key)
