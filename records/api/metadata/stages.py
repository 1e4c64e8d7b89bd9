"""The stages of a pipeline object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.exceptions import InvalidInput, NotFound, quoted
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.shaping import (
    create_option,
    get_field,
    get_option,
    replace_option,
    update_option,
)

from . import documentation
from .fields import find_row, replacement
from .requests import option_definition, read_body
from .responses import stage_rows
from .viewsets import MetadataViewSet

ORDERING = "order"


class StageViewSet(MetadataViewSet):
    """Stages are the options of the object's `stage` field, each with a status."""

    @documentation.list_stages
    def list(self, request: HttpRequest, object_key: str) -> HttpResponse:
        ordering = request.GET.get("ordering", ORDERING)
        if ordering != ORDERING:
            raise InvalidInput(f"{quoted(ordering)} is not {ORDERING}.", at="ordering")
        return json_answer(stage_rows(self._stage_field(object_key)[1]))

    @documentation.create_stage
    def create(self, request: HttpRequest, object_key: str) -> HttpResponse:
        _, spec = self._stage_field(object_key)
        body = read_body(request)
        definition = option_definition(body, ordered=False)
        if not definition.stage_status:
            raise InvalidInput("this key is required.", "required", at="status")
        made = create_option(
            self.author, get_field(self.author, spec.id), definition, position=body.number("order")
        )
        return self._answer_stage(object_key, str(made.uuid), 201)

    @documentation.update_stage
    def partial_update(self, request: HttpRequest, object_key: str, stage_id: str) -> HttpResponse:
        _, spec = self._stage_field(object_key)
        stage, body = get_option(self.author, spec, stage_id), read_body(request)
        changes = body.given(name=body.required)
        if "order" in body:
            changes["position"] = body.number("order")
        if "status" in body:
            changes["stage_status"] = body.required("status")
        if "percentage_chance_to_close" in body.content:
            changes["percentage"] = body.number("percentage_chance_to_close", 100)
        update_option(self.author, stage, **changes)
        return self._answer_stage(object_key, stage_id)

    @documentation.remove_stage
    def remove(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema, spec = self._stage_field(object_key)
        body = read_body(request)
        heir = replacement(body, "new_stage_id")
        try:
            stage = get_option(self.author, spec, body.required("id"))
        except NotFound:
            raise InvalidInput(
                "the pipeline has no such stage.", "does_not_exist", at="id"
            ) from None
        moved = replace_option(self.author, schema, spec, stage, heir, part="new_stage_id")
        return json_answer({"replaced_count": moved})

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        stage_id = path.get("stage_id", "")
        if self.action == "remove":
            stage_id = read_body(request).text("id")
        return find_row(stage_rows(self._stage_field(path["object_key"])[1]), stage_id)

    def _stage_field(self, object_key: str) -> tuple[ObjectSchema, FieldSpec]:
        """The object and its stage field; NotFound for an object that is no pipeline."""
        schema = self.schema_of(object_key)
        if schema.stage_field is None:
            raise NotFound
        return schema, self.field_of(schema, schema.stage_field.uuid)

    def _answer_stage(self, object_key: str, stage_id: str, status: int = 200) -> HttpResponse:
        self.renew()
        rows = stage_rows(self._stage_field(object_key)[1])
        return json_answer(find_row(rows, stage_id), status)
