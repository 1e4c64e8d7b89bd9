"""The calls to a source about one record, as its history."""

from __future__ import annotations

from uuid import UUID

from records.exceptions import NotFound
from records.models import Extent, ExternalCall
from records.services.access import Author, grant_of
from records.services.catalogue import ObjectSchema
from records.services.reading import HistoryEntry

from .ids import external_id_of


def list_history(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    *,
    offset: int,
    limit: int,
    plain: bool = False,
) -> tuple[int, list[HistoryEntry]]:
    """The number of calls about a record, and a page of them, newest first: who made which call,
    and its outcome.

    They hold no values, so no entry has changes; the names of the fields stand in its reason.
    """
    # External records belong to no member, so a role limited to its own sees none.
    if grant_of(author, schema).view != Extent.ALL:
        raise NotFound
    rows = ExternalCall.objects.filter(
        workspace_id=author.workspace.id,
        object_id=schema.id,
        external_id=external_id_of(str(record_uuid)),
    )
    page = list(rows.order_by("-id")[offset : offset + limit])
    members = author.directory.members(row.author for row in page if row.author is not None)
    entries = []
    for row in page:
        member = members.get(row.author or 0)
        entries.append(
            HistoryEntry(
                row.pk,
                0,
                row.operation,
                row.door,
                member.json if member is not None else None,
                row.api_key,
                row.request_id,
                str(row.operation_id),
                _described(author, schema, row),
                row.created_at,
                member_id=row.author,
            )
        )
    return rows.count(), entries


def _described(author: Author, schema: ObjectSchema, row: ExternalCall) -> str:
    """The outcome of a call, and the fields it was about that the caller may know."""
    hidden = {spec.name for spec in schema.fields if spec.id in author.role.hidden_fields}
    names = [name for name in row.field_names if name not in hidden]
    answered = f", answered {row.status}" if row.status is not None else ""
    return f"{row.outcome}{answered}" + (f"; fields: {', '.join(names)}" if names else "")
