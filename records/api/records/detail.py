"""One record: reading, changing, archiving it, and what has become of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from records.api import parameters
from records.api.answers import empty_answer, json_answer
from records.api.bodies import read_object
from records.api.pagination import page_content, page_request
from records.exceptions import InvalidInput, InvalidValues
from records.services.access import get_schema
from records.services.operations import check_neighbours, home_of
from records.services.reading import get_blame
from records.services.undoing import restore_fields
from records.services.writing import FieldEntry, Mode, SaveRequest

from . import documentation, requests, restoring
from .responses import blame_content, history_row, record_answer, saved_answer
from .viewsets import RecordsViewSet


class RecordViewSet(RecordsViewSet):
    """A record by its id."""

    writes = frozenset({"update", "partial_update", "unarchive", "move", "restore"})
    conditional = writes | {"destroy"}

    @documentation.retrieve
    def retrieve(
        self, request: HttpRequest, object_identifier: str, entity_id: str
    ) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        fields = requests.requested_fields(self.author, schema, request)
        when = parameters.moment(request, "as_of", self.author.workspace.zone)
        if when is not None:
            requests.check_own(fields)
            return record_answer(
                request,
                home_of(schema).get_record_as_of(self.author, schema, entity_id, when, fields),
            )
        summary = parameters.flag(request, "detail_summary")
        return record_answer(
            request,
            home_of(schema).get_record(
                self.author, schema, entity_id, fields, lead_sources=summary
            ),
        )

    @documentation.update
    def update(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        return self._change(request, Mode.REPLACE, object_identifier, entity_id)

    @documentation.partial_update
    def partial_update(
        self, request: HttpRequest, object_identifier: str, entity_id: str
    ) -> HttpResponse:
        return self._change(request, Mode.UPDATE, object_identifier, entity_id)

    def _change(
        self, request: HttpRequest, mode: Mode, object_identifier: str, entity_id: str
    ) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        replaces = mode == Mode.REPLACE
        all_fields = replaces or parameters.flag(request, "return_all_fields")
        body = requests.write_body(
            request, "archived_conflict", *requests.EXTERNAL_KEYS, fields_required=replaces
        )
        save = SaveRequest(
            mode,
            entity_id,
            entries=body.entries,
            attributes=requests.attributes(self.author, body.content),
            archived_conflict=body.choice("archived_conflict", ("overwrite",)),
            expected_version=requests.expected_version(request, self.author, schema, entity_id),
        )
        return saved_answer(
            self.author,
            home_of(schema).save_record(self.author, schema, save),
            all_fields=all_fields,
        )

    @documentation.destroy
    def destroy(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        version = requests.expected_version(request, self.author, schema, entity_id)
        home_of(schema).save_record(
            self.author, schema, SaveRequest(Mode.ARCHIVE, entity_id, expected_version=version)
        )
        return empty_answer(204)

    @documentation.unarchive
    def unarchive(
        self, request: HttpRequest, object_identifier: str, entity_id: str
    ) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        read_object(request, ())
        version = requests.expected_version(request, self.author, schema, entity_id)
        save = SaveRequest(Mode.UNARCHIVE, entity_id, expected_version=version)
        return saved_answer(
            self.author, home_of(schema).save_record(self.author, schema, save), all_fields=True
        )

    @documentation.move
    def move(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        body = read_object(request, ("stage_id", *requests.NEIGHBOURS))
        stage_id = requests.text(body, "stage_id")
        if schema.stage_field is None:
            raise InvalidInput(f"The records of {schema.name!r} have no stages.")
        if stage_id is None:
            raise InvalidInput("this key is required.", "required", at="stage_id")
        # They have no other effect: boards keep no order.
        neighbours = {key: requests.text(body, key) for key in requests.NEIGHBOURS}
        check_neighbours(self.author, schema, stage_id, neighbours)
        entry = FieldEntry(id=schema.stage_field.uuid, value={"id": stage_id})
        version = requests.expected_version(request, self.author, schema, entity_id)
        save = SaveRequest(Mode.UPDATE, entity_id, entries=[entry], expected_version=version)
        try:
            result = home_of(schema).save_record(self.author, schema, save)
        except InvalidValues as error:
            raise InvalidInput.of(error, "stage_id") from None
        return saved_answer(self.author, result, all_fields=True)

    @documentation.restore
    def restore(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        then, names = restoring.read_request(self.author, request)
        fields = restoring.chosen_fields(self.author, schema, names)
        version = requests.expected_version(request, self.author, schema, entity_id)
        return saved_answer(
            self.author,
            restore_fields(self.author, schema, entity_id, then, fields, version),
            all_fields=True,
        )

    @documentation.blame
    def blame(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        found = get_blame(self.author, schema, entity_id)
        return json_answer(blame_content(found, self.author.workspace.zone))

    @documentation.history
    def history(self, request: HttpRequest, object_identifier: str, entity_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        page = page_request(request)
        count, entries = home_of(schema).list_history(
            self.author, schema, entity_id, offset=page.offset, limit=page.size
        )
        zone = self.author.workspace.zone
        rows = [history_row(entry, zone) for entry in entries]
        return json_answer(page_content(request, rows, page, count=count))
