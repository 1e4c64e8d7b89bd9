"""The fields of an object, the options of its choice fields, and the categories they are shown
under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import empty_answer, json_answer
from records.api.parameters import flag
from records.exceptions import InvalidInput, NotFound
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.jobs import start_clearing
from records.services.shaping import (
    Category,
    create_category,
    create_field,
    create_option,
    delete_category,
    delete_field,
    delete_option,
    get_category,
    get_field,
    get_object,
    get_option,
    list_categories,
    remove_option,
    replace_option,
    update_category,
    update_field,
    update_option,
)

from . import documentation
from .requests import Body, field_changes, field_definition, option_definition, read_body
from .responses import category_row, field_row, field_rows, option_rows
from .viewsets import MetadataViewSet


class FieldViewSet(MetadataViewSet):
    """The fields of an object."""

    @documentation.list_fields
    def list(self, request: HttpRequest, object_key: str) -> HttpResponse:
        return json_answer(field_rows(self.author, self.schema_of(object_key)))

    @documentation.create_field
    def create(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema, body = self.schema_of(object_key), read_body(request)
        definition = field_definition(body, self._category(schema, body).name)
        made = create_field(self.author, get_object(self.author, schema.uuid), definition)
        return self._answer_field(schema, made.pk, 201)

    @documentation.retrieve_field
    def retrieve(self, request: HttpRequest, object_key: str, field_key: str) -> HttpResponse:
        return json_answer(field_row(self.author, self.told_field(object_key, field_key)))

    @documentation.update_field
    def partial_update(self, request: HttpRequest, object_key: str, field_key: str) -> HttpResponse:
        schema = self.schema_of(object_key)
        spec, body = self.field_of(schema, field_key), read_body(request)
        if body.text("field_type", spec.type.name) != spec.type.name:
            raise InvalidInput(
                "the type of a field cannot be changed; create another field instead.",
                at="field_type",
            )
        changes = field_changes(body)
        if "category" in body:
            changes["category_id"] = self._category(schema, body).id
        update_field(self.author, get_field(self.author, spec.id), **changes)
        return self._answer_field(schema, spec.id)

    @documentation.delete_field
    def destroy(self, request: HttpRequest, object_key: str, field_key: str) -> HttpResponse:
        spec = self.field_of(self.schema_of(object_key), field_key)
        start_clearing(self.author, delete_field(self.author, spec.id))
        return empty_answer(204)

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        return field_row(
            self.author, self.told_field(path["object_key"], path.get("field_key", ""))
        )

    def _category(self, schema: ObjectSchema, body: Body) -> Category:
        """The category the body names by id or by name."""
        key = body.required("category")
        try:
            return get_category(schema.workspace_id, schema.id, key)
        except NotFound:
            raise InvalidInput(
                "the object has no such category.", "does_not_exist", at="category"
            ) from None

    def _answer_field(self, schema: ObjectSchema, field_id: int, status: int = 200) -> HttpResponse:
        self.renew()
        return json_answer(field_row(self.author, self._current_field(schema, field_id)), status)

    def _current_field(self, schema: ObjectSchema, field_id: int) -> FieldSpec:
        """The field as it is by now; somebody else may have deleted it, or its object."""
        if schema.id not in self.author.directory.objects:
            raise NotFound
        found = self.author.directory.schema(schema.id).by_id.get(field_id)
        if found is None:
            raise NotFound
        return found


class OptionViewSet(MetadataViewSet):
    """The options of a choice field."""

    @documentation.list_options
    def list(self, request: HttpRequest, object_key: str, field_key: str) -> HttpResponse:
        return json_answer(option_rows(self.told_field(object_key, field_key)))

    @documentation.create_option
    def create(self, request: HttpRequest, object_key: str, field_key: str) -> HttpResponse:
        spec = self._changeable(self.schema_of(object_key), field_key)
        definition = option_definition(read_body(request))
        made = create_option(self.author, get_field(self.author, spec.id), definition)
        return self._answer_option(object_key, spec, str(made.uuid), 201)

    @documentation.update_option
    def partial_update(
        self, request: HttpRequest, object_key: str, field_key: str, option_id: str
    ) -> HttpResponse:
        spec = self._changeable(self.schema_of(object_key), field_key)
        option, body = get_option(self.author, spec, option_id), read_body(request)
        update_option(self.author, option, **body.given(name=body.required, order=body.number))
        return self._answer_option(object_key, spec, option_id)

    @documentation.delete_option
    def destroy(
        self, request: HttpRequest, object_key: str, field_key: str, option_id: str
    ) -> HttpResponse:
        schema = self.schema_of(object_key)
        spec = self._changeable(schema, field_key)
        option = get_option(self.author, spec, option_id)
        if flag(request, "force"):
            remove_option(self.author, schema, spec, option.name, force=True)
        else:
            delete_option(self.author, option)
        return empty_answer(204)

    @documentation.replace_option
    def replace(
        self, request: HttpRequest, object_key: str, field_key: str, option_id: str
    ) -> HttpResponse:
        schema = self.schema_of(object_key)
        spec = self._changeable(schema, field_key)
        option = get_option(self.author, spec, option_id)
        heir = replacement(
            read_body(request), "replacement_option_id", "new_option_id", "option_id", "id"
        )
        moved = replace_option(self.author, schema, spec, option, heir)
        return json_answer({"replaced_count": moved})

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        rows = option_rows(self.told_field(path["object_key"], path["field_key"]))
        return find_row(rows, path.get("option_id", ""))

    def _changeable(self, schema: ObjectSchema, field_key: str) -> FieldSpec:
        """The field, unless its options are a pipeline's stages, which have a path of their own."""
        spec = self.field_of(schema, field_key)
        if schema.stage_field is not None and spec.id == schema.stage_field.id:
            raise InvalidInput(
                f"the options of {spec.name} are stages: change them at "
                f"/api/pipelines/{schema.name}/stages."
            )
        return spec

    def _answer_option(
        self, object_key: str, spec: FieldSpec, option_id: str, status: int = 200
    ) -> HttpResponse:
        self.renew()
        rows = option_rows(self.told_field(object_key, spec.uuid))
        return json_answer(find_row(rows, option_id), status)


def find_row(rows: Iterable[dict[str, Any]], row_id: str) -> dict[str, Any]:
    """The row with this id; NotFound when somebody else has deleted it meanwhile."""
    for row in rows:
        if row["id"] == row_id.lower():
            return row
    raise NotFound


def replacement(body: Body, *keys: str) -> str:
    """The id of the option that takes another's place, under whichever of these keys it is sent."""
    for key in keys:
        if key in body:
            return body.required(key)
    raise InvalidInput("this key is required.", "required", at=keys[0])


class CategoryViewSet(MetadataViewSet):
    """The categories of an object's fields."""

    @documentation.list_categories
    def list(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = self.schema_of(object_key)
        return json_answer(
            [category_row(item) for item in list_categories(schema.workspace_id, schema.id)]
        )

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        schema, category_id = self.schema_of(path["object_key"]), path.get("category_id", "")
        return category_row(get_category(schema.workspace_id, schema.id, category_id.lower()))

    @documentation.create_category
    def create(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema, body = self.schema_of(object_key), read_body(request)
        made = create_category(self.author, schema.id, body.required("name"), body.number("order"))
        return json_answer(category_row(made), 201)

    @documentation.update_category
    def partial_update(
        self, request: HttpRequest, object_key: str, category_id: str
    ) -> HttpResponse:
        schema = self.schema_of(object_key)
        found, body = (
            get_category(schema.workspace_id, schema.id, category_id.lower()),
            read_body(request),
        )
        changes = body.given(name=body.required, order=body.number)
        return json_answer(
            category_row(update_category(self.author, schema.id, found.id, **changes))
        )

    @documentation.delete_category
    def destroy(self, request: HttpRequest, object_key: str, category_id: str) -> HttpResponse:
        schema = self.schema_of(object_key)
        delete_category(
            self.author,
            schema.id,
            get_category(schema.workspace_id, schema.id, category_id.lower()).id,
        )
        return empty_answer(204)
