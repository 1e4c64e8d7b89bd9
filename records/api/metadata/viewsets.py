"""What the endpoints of the metadata have in common."""

from __future__ import annotations

from records.api.viewsets import ApiViewSet
from records.exceptions import NotFound
from records.services.access import find_field, get_schema, told_field
from records.services.catalogue import FieldSpec, ObjectSchema


class MetadataViewSet(ApiViewSet):
    """Reads are for everybody who may do something with the object, writes for admins of the
    workspace."""

    area = "datatypes"
    defines = True

    def schema_of(self, object_key: str) -> ObjectSchema:
        """The object with this id or API name; NotFound unless the caller may do something with its
        records."""
        return get_schema(self.author, object_key)

    def field_of(self, schema: ObjectSchema, field_key: str) -> FieldSpec:
        """The field with this id or API name; NotFound when there is none, or the caller's role may
        not see it."""
        found = find_field(self.author, schema, field_key)
        if found is None:
            raise NotFound
        return found

    def told_field(self, object_key: str, field_key: str) -> FieldSpec:
        """The field of an object, with the options that the caller may be told of."""
        schema = self.schema_of(object_key)
        return told_field(self.author, schema, self.field_of(schema, field_key))
