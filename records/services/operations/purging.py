"""Removing for good what is in the trash."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from records.models import RecordState
from records.services.access import Author
from records.services.catalogue import ObjectSchema, schema_in_any_state
from records.services.reading import address, find_thrown_before
from records.services.writing import (
    Mode,
    SaveRequest,
    SaveResult,
    save_records,
)

from .lifecycle import delete_permanently

_TRASH = frozenset({RecordState.DELETED.value})


def purge_record(author: Author, schema: ObjectSchema, record_uuid: UUID | str) -> SaveResult:
    """Remove a record in the trash for good."""
    return delete_permanently(author, schema, address(record_uuid), states=_TRASH)


def purge_trash(author: Author, kept: timedelta) -> int:
    """Permanently delete, in batches, what has been in a workspace's trash for longer than this;
    the number deleted.

    The author must be an admin. Records that another process restores or deletes in the meantime
    are left alone.
    """
    before, removed, last = timezone.now() - kept, 0, 0
    while rows := find_thrown_before(author.workspace.id, before, last):
        by_object: dict[int, list[int]] = {}
        for record_id, object_id in rows:
            by_object.setdefault(object_id, []).append(record_id)
        for object_id, ids in by_object.items():
            # The object may have been archived after its records were deleted.
            schema = schema_in_any_state(author.directory, object_id)
            requests = [
                SaveRequest(Mode.DELETE_PERMANENTLY, record_id=key, states=_TRASH) for key in ids
            ]
            # A record restored in the meantime is no longer in `states` and comes back as an error.
            removed += sum(
                isinstance(outcome, SaveResult)
                for outcome in save_records(author, schema, requests)
            )
        # Continue by key: a record that is refused would otherwise be found again forever.
        last = rows[-1][0]
    return removed
