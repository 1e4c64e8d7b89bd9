"""The records of a data type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.etags import check_new, set_conditions
from records.exceptions import Conflict, InvalidInput, InvalidValues, RecordsError, problems_in
from records.http import download
from records.services.access import check_scope
from records.services.catalogue import ObjectSchema
from records.services.exporting import CONTENT_TYPES, exported_fields
from records.services.operations import (
    export_list,
    home_of,
    matched_field,
    matched_upsert,
    values_by_slug,
)
from records.services.reading import (
    check_admin_fields,
    check_lists_all,
    check_may_read,
    get_readable_type,
    get_type_schema,
    with_holders,
)
from records.services.storage import ExternalKey
from records.services.writing import (
    UNSET,
    Attributes,
    FieldEntry,
    Mode,
    SaveRequest,
    SaveResult,
    entries_of,
)

from . import documentation
from .bulk import BulkRefused, save_bulk
from .errors import error_json
from .requests import (
    AGGREGATE_PARAMETERS,
    EXPORT_PARAMETERS,
    RECORD_PARAMETERS,
    Body,
    Query,
    asked_aggregates,
    asked_records,
    attributes_of,
    check_external_id,
    chosen_fields,
    expected_version,
    member_of,
    read_body,
)
from .responses import change_row, page_content, record_answer, record_row, saved_answer
from .viewsets import WorkspaceViewSet

BULK = ("records", "upsert", "matchField", "partial")
WRITTEN = ("fieldValues", "memberId", "externalId", "assignmentTaskId")


class RecordViewSet(WorkspaceViewSet):
    """What belongs to a member is open to them; what belongs to others needs the role and the
    scope."""

    area = ""
    values: Mapping[str, Any] = {}
    conditional = frozenset({"update", "update_by_external_id", "destroy"})
    creating = frozenset({"create", "upsert", "upsert_by_value"})

    @documentation.list_records
    def list(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        check_scope(self.author, "records", "read")
        schema = get_readable_type(self.author, data_type_id)
        asked = asked_records(Query(request, *RECORD_PARAMETERS), self.author, schema)
        if asked.archived:
            check_lists_all(self.author, schema)
        with problems_in({"ordering": "sortBy"}):
            found = home_of(schema).search_records(self.author, schema, asked)
        zone = self.author.workspace.zone
        items = [record_row(view, asked.fields, zone) for view in found.views]
        more = {"nextCursor": found.next_cursor}
        return json_answer(page_content(items, found.count, asked.page, asked.page_size, **more))

    @documentation.aggregate_records
    def aggregate(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        check_scope(self.author, "records", "read")
        schema = get_readable_type(self.author, data_type_id)
        asked = asked_aggregates(Query(request, *AGGREGATE_PARAMETERS), self.author, schema)
        if asked.search.archived:
            check_lists_all(self.author, schema)
        with problems_in({"ordering": "sortBy", "group_by": "groupBy"}):
            found = home_of(schema).aggregate_records(self.author, schema, asked)
        items = [{"group": group.values, "aggregates": group.figures} for group in found.groups]
        page = asked.search
        return json_answer(page_content(items, found.count, page.page, page.page_size))

    @documentation.export_records
    def export(self, request: HttpRequest, data_type_id: int) -> FileResponse:
        check_scope(self.author, "records", "read")
        schema = get_readable_type(self.author, data_type_id)
        query = Query(request, *EXPORT_PARAMETERS)
        asked = asked_records(query, self.author, schema)
        if asked.archived:
            check_lists_all(self.author, schema)
        form = query.choice("format", tuple(CONTENT_TYPES))
        if "fieldNames" not in query.sent:
            asked = replace(asked, fields=exported_fields(asked.fields))
        with problems_in({"ordering": "sortBy"}):
            file = export_list(self.author, schema, asked, form)
        return download(file, f"{schema.name}.{form}", CONTENT_TYPES[form])

    @documentation.create_record
    def create(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        schema = get_type_schema(self.author, data_type_id)
        check_new(request, schema)
        body = read_body(request, *WRITTEN)
        save = SaveRequest(
            Mode.CREATE,
            entries=self._entries(schema, body.values()),
            attributes=self._attributes(body),
        )
        return saved_answer(self.author, self._save(schema, save), 201)

    @documentation.retrieve_record
    def retrieve(self, request: HttpRequest, data_type_id: int, record_id: int) -> HttpResponse:
        schema = get_readable_type(self.author, data_type_id)
        fields = chosen_fields(Query(request, "fieldNames").only(), self.author, schema)
        view = home_of(schema).get_record_by_key(self.author, schema, record_id, fields)
        check_may_read(self.author, schema, view.row)
        return record_answer(request, self.author, view, fields)

    @documentation.update_record
    def update(self, request: HttpRequest, data_type_id: int, record_id: int) -> HttpResponse:
        schema = get_type_schema(self.author, data_type_id)
        body = read_body(request, *WRITTEN)
        save = SaveRequest(
            Mode.UPDATE,
            record_id=record_id,
            entries=self._entries(schema, body.values()),
            attributes=self._attributes(body),
            expected_version=expected_version(request, self.author, schema, record_id),
        )
        return saved_answer(self.author, self._save(schema, save))

    @documentation.update_record_by_external_id
    def update_by_external_id(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        schema = get_type_schema(self.author, data_type_id)
        sent = Query(request, "externalId").only().text("externalId")
        if not sent:
            raise InvalidInput("this parameter is required.", "required", at="externalId")
        body = read_body(request, "fieldValues", "memberId", "assignmentTaskId")
        save = SaveRequest(
            Mode.UPDATE,
            external=ExternalKey("", sent),
            entries=self._entries(schema, body.values()),
            attributes=self._attributes(body),
            expected_version=expected_version(request, self.author, schema, sent),
        )
        return saved_answer(self.author, self._save(schema, save))

    @documentation.upsert_record
    def upsert(self, request: HttpRequest, data_type_id: int, external_id: str) -> HttpResponse:
        schema = get_type_schema(self.author, data_type_id)
        body = read_body(request, "fieldValues", "memberId", "assignmentTaskId")
        save = SaveRequest(
            Mode.UPSERT,
            external=ExternalKey("", check_external_id(external_id)),
            entries=self._entries(schema, body.values()),
            attributes=self._attributes(body),
        )
        set_conditions(request, save, schema)
        result = self._save(schema, save)
        return saved_answer(self.author, result, 201 if result.action == "created" else 200)

    @documentation.upsert_record_by_value
    def upsert_by_value(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        schema = get_type_schema(self.author, data_type_id)
        body = read_body(request, "matchField", *WRITTEN)
        match = matched_field(self.author, schema, body.required("matchField"))
        values = values_by_slug(self.author, schema, body.values())
        self.slugs, self.values = tuple(values), values
        check_admin_fields(self.author, schema, self.slugs)
        save = matched_upsert(self.author, schema, match, values)
        save.attributes = self._attributes(body)
        set_conditions(request, save, schema)
        result = self._save(schema, save)
        return saved_answer(self.author, result, 201 if result.action == "created" else 200)

    @documentation.bulk_records
    def bulk(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        check_scope(self.author, "records", "write")
        schema = get_type_schema(self.author, data_type_id)
        return json_answer(save_bulk(self.author, schema, read_body(request, *BULK)))

    @documentation.destroy_record
    def destroy(self, request: HttpRequest, data_type_id: int, record_id: int) -> HttpResponse:
        check_scope(self.author, "records", "admin")
        schema = get_type_schema(self.author, data_type_id)
        read_body(request)
        version = expected_version(request, self.author, schema, record_id)
        save = SaveRequest(Mode.DELETE_PERMANENTLY, record_id=record_id, expected_version=version)
        home_of(schema).save_record(self.author, schema, save)
        return json_answer({"status": "deleted"})

    @documentation.list_changes
    def changes(self, request: HttpRequest, data_type_id: int, record_id: int) -> HttpResponse:
        schema = get_readable_type(self.author, data_type_id)
        query = Query(request, "page", "pageSize").only()
        view = home_of(schema).get_record_by_key(self.author, schema, record_id, ())
        check_may_read(self.author, schema, view.row)
        page, size = query.page, query.page_size
        total, entries = home_of(schema).list_history(
            self.author, schema, view.uuid, offset=(page - 1) * size, limit=size, plain=True
        )
        items = [change_row(self.author, record_id, entry) for entry in entries]
        return json_answer(page_content(items, total, page, size))

    def refuse(self, error: RecordsError) -> HttpResponse:
        if isinstance(error, BulkRefused):
            return json_answer({"error": error_json(error), **error.content}, 400)
        return super().refuse(error)

    # ------------------------------------------------------------ parts of requests

    def _entries(self, schema: ObjectSchema, values: Mapping[str, Any]) -> Sequence[FieldEntry]:
        self.slugs, self.values = tuple(values), values
        check_admin_fields(self.author, schema, self.slugs)
        return entries_of(self.author, schema, [values])[0]

    def _save(self, schema: ObjectSchema, save: SaveRequest) -> SaveResult:
        """Write one record; where another one has what it gives, the refusal says which."""
        try:
            return home_of(schema).save_record(self.author, schema, save)
        except (InvalidValues, Conflict) as error:
            attributes = save.attributes
            whose = attributes.member_id if attributes.member_id is not UNSET else None
            raise with_holders(
                *(self.author, schema, error, self.values),
                external=attributes.named or save.external,
                member_id=whose or attributes.new_member_id,
            ) from None

    def _attributes(self, body: Body) -> Attributes:
        return attributes_of(body, member_of(self.author, body), self.author.member.id)
