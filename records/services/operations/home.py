"""Where an object's records are kept, and what can be done with them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from records.exceptions import RecordsError
from records.field_types import FieldSpec
from records.models import ImportUpload
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.external import external_records
from records.services.files import AttachmentView, Readable
from records.services.jobs import JobView
from records.services.reading import (
    Address,
    FoundRecords,
    HistoryEntry,
    RecordNames,
    RecordView,
    SignedLink,
    Trashed,
)
from records.services.search import AggregateRequest, GroupPage, SearchPage, SearchRequest
from records.services.writing import (
    FieldEntry,
    Outcome,
    SaveRequest,
    SaveResult,
)

from . import local_records


class RecordHome(Protocol):
    """Every operation on the records of one object. What a home does not offer, it refuses with
    ExternalConfig.

    Modules implement it; `local_records` documents each operation.
    """

    # ------------------------------------------------------------ reading

    def get_record(
        self,
        author: Author,
        schema: ObjectSchema,
        record_uuid: UUID | str,
        fields: Sequence[FieldSpec],
        /,
        *,
        lead_sources: bool = False,
    ) -> RecordView: ...

    def get_record_in_any_state(
        self,
        author: Author,
        schema: ObjectSchema,
        record_uuid: UUID | str,
        fields: Sequence[FieldSpec],
        /,
    ) -> RecordView: ...

    def get_remaining(
        self, author: Author, schema: ObjectSchema, where: Address, fields: Sequence[FieldSpec], /
    ) -> RecordView: ...

    def find_uuid(self, author: Author, schema: ObjectSchema, where: Address, /) -> str: ...

    def get_record_by_identifier(
        self, author: Author, schema: ObjectSchema, identifier: str, fields: Sequence[FieldSpec], /
    ) -> RecordView: ...

    def get_record_by_key(
        self, author: Author, schema: ObjectSchema, record_id: int, fields: Sequence[FieldSpec], /
    ) -> RecordView: ...

    def get_record_as_of(
        self,
        author: Author,
        schema: ObjectSchema,
        record_uuid: UUID | str,
        when: datetime,
        fields: Sequence[FieldSpec],
        /,
    ) -> RecordView: ...

    def search_records(
        self, author: Author, schema: ObjectSchema, request: SearchRequest, /
    ) -> SearchPage: ...

    def aggregate_records(
        self, author: Author, schema: ObjectSchema, request: AggregateRequest, /
    ) -> GroupPage: ...

    def list_archived(
        self,
        author: Author,
        schema: ObjectSchema,
        fields: Sequence[FieldSpec],
        /,
        *,
        offset: int,
        limit: int,
    ) -> tuple[int, list[RecordView]]: ...

    def list_trash(
        self,
        author: Author,
        schema: ObjectSchema,
        fields: Sequence[FieldSpec],
        /,
        *,
        offset: int,
        limit: int,
    ) -> tuple[int, list[Trashed]]: ...

    def list_history(
        self,
        author: Author,
        schema: ObjectSchema,
        record_uuid: UUID | str,
        /,
        *,
        offset: int,
        limit: int,
        plain: bool = False,
    ) -> tuple[int, list[HistoryEntry]]: ...

    # ------------------------------------------------------------ writing

    def upsert_request(
        self,
        author: Author,
        schema: ObjectSchema,
        lookup_value: object,
        entries: Sequence[FieldEntry],
        /,
        *,
        match_field: str | None = None,
        external_source: str = "",
        on_archived: str | None = None,
        archived_conflict: str | None = None,
    ) -> SaveRequest: ...

    def save_record(
        self, author: Author, schema: ObjectSchema, request: SaveRequest, /
    ) -> SaveResult: ...

    def save_records(
        self,
        author: Author,
        schema: ObjectSchema,
        requests: Sequence[SaveRequest],
        refused: Mapping[int, RecordsError] | None = None,
        /,
    ) -> list[Outcome]: ...

    def save_all_records(
        self,
        author: Author,
        schema: ObjectSchema,
        requests: Sequence[SaveRequest],
        refused: Mapping[int, RecordsError] | None = None,
        /,
    ) -> list[SaveResult]: ...

    def get_records(
        self,
        author: Author,
        schema: ObjectSchema,
        names: RecordNames,
        fields: Sequence[FieldSpec],
        /,
        *,
        states: frozenset[str] = ...,
    ) -> FoundRecords: ...

    # ------------------------------------------------------------ files

    def begin_upload(
        self,
        author: Author,
        schema: ObjectSchema,
        where: Address,
        filename: object,
        content_type: object = None,
        /,
    ) -> SignedLink: ...

    def get_url(
        self, author: Author, schema: ObjectSchema, where: Address, filename: str, /
    ) -> SignedLink: ...

    def list_attachments(
        self, author: Author, schema: ObjectSchema, where: Address, prefix: str = "", /
    ) -> list[AttachmentView]: ...

    def delete_attachment(
        self, author: Author, schema: ObjectSchema, where: Address, filename: str, /
    ) -> None: ...

    def attach_file(
        self,
        author: Author,
        schema: ObjectSchema,
        where: Address,
        filename: str,
        content_type: str | None,
        source: Readable,
        size: int,
        /,
    ) -> AttachmentView: ...

    # ------------------------------------------------------------ jobs

    def start_bulk_archive(
        self, author: Author, schema: ObjectSchema, record_uuids: Sequence[str], /
    ) -> JobView: ...

    def start_bulk_change(
        self,
        author: Author,
        schema: ObjectSchema,
        field_key: str,
        value: Any,
        resolution: str,
        record_uuids: Sequence[str],
        /,
        *,
        removed: Sequence[Any] = (),
    ) -> JobView: ...

    def start_import(
        self,
        author: Author,
        schema: ObjectSchema,
        upload: ImportUpload,
        /,
        *,
        mapping: Mapping[str, str | None] | None = None,
        mode: str = ...,
        match_field: str | None = None,
        kept: Sequence[str] = (),
        dry_run: bool = False,
        again: bool = False,
        beside: Mapping[str, str] | None = None,
        at_once: int | None = None,
        forms: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> JobView: ...


HERE: RecordHome = local_records
ELSEWHERE: RecordHome = external_records


def home_of(schema: ObjectSchema) -> RecordHome:
    """Where the records of an object are kept."""
    return HERE if schema.external is None else ELSEWHERE
