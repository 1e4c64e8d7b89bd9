"""What an object's definition makes of a field: what would lose something if the field went."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from records.field_types import FieldSpec, rule_reads
from records.services.access import Author, grant_of, visible_fields
from records.services.catalogue import PATTERN_PART, ObjectSchema


class Uses(NamedTuple):
    """What a field is needed for: `formulas` read it, names of records show it (`in_pattern`), it
    identifies them, or rules for other fields read it (`validations`)."""

    formulas: tuple[FieldSpec, ...]
    in_pattern: bool
    is_identifier: bool
    validations: tuple[FieldSpec, ...] = ()

    @property
    def any(self) -> bool:
        """Whether it is needed for anything."""
        return any(self)


class References(NamedTuple):
    """What uses a field, as far as the caller may see it. `mirror` is the object and the field at
    the other end of a relationship; `can_delete` whether the caller could delete the field now."""

    uses: Uses
    mirror: tuple[ObjectSchema, FieldSpec] | None
    can_delete: bool


def uses_of(schema: ObjectSchema, name: str) -> Uses:
    """What needs the field of this API name; a relationship with an archived object has one too."""
    return Uses(
        # A formula names fields by API name, which another field could take over.
        tuple(item for item in schema.fields if item.type.reads(item.settings, name)),
        name in PATTERN_PART.findall(schema.display_pattern),
        schema.identifier is not None and schema.identifier.name == name,
        # A rule goes with its own field.
        tuple(filter(partial(_checks_by, name), schema.validated)),
    )


def _checks_by(name: str, spec: FieldSpec) -> bool:
    """Whether the validation of another field reads the field of this API name."""
    return spec.name != name and name in rule_reads(spec.validation)


def field_references(author: Author, schema: ObjectSchema, spec: FieldSpec) -> References:
    """What uses a field that the caller sees; hidden formulas and objects out of sight are left
    out."""
    used = uses_of(schema, spec.name)
    shown = set(visible_fields(author, schema))
    formulas = tuple(filter(shown.__contains__, used.formulas))
    mirror = _mirror(author, spec)
    # A relationship goes with its mirror.
    needed = used.any or (mirror is not None and uses_of(mirror[0], mirror[1].name).any)
    may_delete = author.may_define and not author.is_read_only and spec.is_deletable
    if mirror is not None and not _is_visible(author, *mirror):
        mirror = None
    return References(used._replace(formulas=formulas), mirror, may_delete and not needed)


def _mirror(author: Author, spec: FieldSpec) -> tuple[ObjectSchema, FieldSpec] | None:
    if not spec.is_link or spec.related_object_id not in author.directory.objects:
        return None
    related = author.directory.schema(spec.related_object_id)
    found = related.by_id.get(spec.mirror_of_id or spec.mirror_id or 0)
    return None if found is None else (related, found)


def _is_visible(author: Author, schema: ObjectSchema, spec: FieldSpec) -> bool:
    return grant_of(author, schema).any and spec.id not in author.role.hidden_fields
