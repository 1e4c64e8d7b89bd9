"""What of a field's definition a caller is told: options, and a rule for its values.

An option that a record made, as tags are made, is a value: it is told to those who see a record
that has it. Options that are part of the definition are told to everybody who sees the field.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from records.field_types import FieldSpec, OptionSpec, index_text, rule_reads
from records.models import Extent
from records.services.catalogue import ObjectSchema, free_name, option_keys, slug
from records.services.database import fetch_column

from .author import Author, has_scope, own_condition, visible_condition


def told_field(author: Author, schema: ObjectSchema, spec: FieldSpec) -> FieldSpec:
    """The field with the options that the caller may be told of, and no others; without a
    validation that names a field they do not see.

    It is the field itself for a caller who sees all records, and where no option was made by a
    record; else one query. To show a value that the caller sees, the field itself is needed.
    """
    if spec.validation and _names_hidden(author, schema, spec):
        spec = replace(spec, validation="")
    made = [item.id for item in spec.options.values() if not item.by_hand and not item.deleted]
    if not made or _sees_all(author, schema):
        return spec
    told = _told_options(spec, _seen(author, schema, spec))
    return replace(spec, options=told, option_keys=option_keys(told))


def told_fields(
    author: Author, schema: ObjectSchema, fields: Iterable[FieldSpec]
) -> tuple[FieldSpec, ...]:
    """Each of the fields as `told_field` has it."""
    return tuple(told_field(author, schema, spec) for spec in fields)


def _names_hidden(author: Author, schema: ObjectSchema, spec: FieldSpec) -> bool:
    named = filter(None, map(schema.by_name.get, rule_reads(spec.validation)))
    return any(each.id in author.role.hidden_fields for each in named)


def _sees_all(author: Author, schema: ObjectSchema) -> bool:
    return author.role.grant(schema.id).view == Extent.ALL and has_scope(author, "records", "read")


def _seen(author: Author, schema: ObjectSchema, spec: FieldSpec) -> frozenset[int]:
    """The options that live records have which the caller sees."""
    if has_scope(author, "records", "read"):
        condition, params = visible_condition(author, schema, "r")
    else:  # what a member always sees
        condition, params = own_condition(author, schema, "r")
    return frozenset(
        fetch_column(
            "SELECT DISTINCT v.option FROM records_fieldvalue v"
            " JOIN records_record r ON r.id = v.record_id AND r.workspace_id = v.workspace_id"
            " WHERE v.workspace_id = %s AND v.field_id = %s AND v.live AND v.option IS NOT NULL"
            f" AND {condition}",
            [author.workspace.id, spec.id, *params],
        )
    )


def _told_options(spec: FieldSpec, seen: Collection[int]) -> dict[int, OptionSpec]:
    """Those of the definition, in order, then those seen, by name. Order and code of an option
    depend on the options made before it, so both are counted anew."""
    live = [item for item in spec.options.values() if not item.deleted]
    defined = [item for item in live if item.by_hand]
    made = sorted(
        (item for item in live if not item.by_hand and item.id in seen),
        key=lambda item: index_text(item.name, spec.language),
    )
    codes = {item.code for item in defined}
    told = {}
    for order, item in enumerate((*defined, *made), start=1):
        code = item.code if item.by_hand else free_name(codes, slug(item.name))
        codes.add(code)
        told[item.id] = replace(item, order=order, code=code)
    return told
