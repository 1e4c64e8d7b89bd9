"""An object compiled for use: its fields by id, UUID and name, and what the write path needs to
know about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F

from records.field_types import (
    FieldSpec,
    OptionSpec,
    field_types,
    normal_text,
    rule_reads_member,
)
from records.models import Field, FieldOption, ObjectKind, ObjectType

from .external_source import SourceSpec, compile_source

__all__ = ["FieldSpec", "ObjectSchema"]

PATTERN_PART = re.compile(r"\{([a-z0-9_]+)\}")

# Default fields that callers do not consider payload: a full update keeps them unless it lists
# them.
KEPT_ON_REPLACE = frozenset(
    {
        "owner",
        "stage",
        "entity_value",
        "estimated_close_date",
        "actual_close_date",
        "percentage_chance_to_close",
        "reasons_lost",
        "email_status",
    }
)
# Fields that live in columns of the record, not in its document.
COLUMN_FIELDS = {"created": "created_at", "updated": "updated_at", "display_name": "display_key"}


@dataclass(frozen=True, slots=True)
class WorkspaceSpec:
    """The workspace a request works in."""

    id: int
    uuid: str
    definitions_version: int
    zone: ZoneInfo
    region: str
    language: str = ""


@dataclass(frozen=True, eq=False)
class ObjectSchema:
    """A compiled object. `fields` are the live ones in display order; `all_fields` has deleted ones
    too. `version` is the definition's when it was read; what is compiled may be newer, never older.

    `suspended` are the relationships with archived objects: hidden as if deleted, but the records
    keep their values. `external` is the source of the records when they are not stored here. `slug`
    is the name as the Workspace API has it.
    """

    id: int
    uuid: str
    workspace_id: int
    version: int
    name: str
    object_name: str
    entity_name: str
    object_type: str
    display_pattern: str
    identifier: FieldSpec | None
    fields: tuple[FieldSpec, ...]
    all_fields: Mapping[int, FieldSpec]
    display_dependents: tuple[tuple[int, int], ...]
    suspended: tuple[FieldSpec, ...] = ()
    description: str = ""
    is_open: bool = False
    external: SourceSpec | None = None
    is_collection: bool = True
    slug: str = ""
    prompt: str = ""
    is_pinned: bool = False

    @cached_property
    def by_name(self) -> dict[str, FieldSpec]:
        return {field.name: field for field in self.fields}

    @cached_property
    def by_uuid(self) -> dict[str, FieldSpec]:
        return {field.uuid: field for field in self.fields}

    @cached_property
    def by_id(self) -> dict[int, FieldSpec]:
        return {field.id: field for field in self.fields}

    @cached_property
    def stored(self) -> tuple[FieldSpec, ...]:
        """The fields whose values are in the document."""
        return tuple(
            f for f in self.fields if f.computed not in COLUMN_FIELDS and f.mirror_of_id is None
        )

    @cached_property
    def mirrors(self) -> tuple[FieldSpec, ...]:
        """The relationship fields whose links are stored on the other side."""
        return tuple(f for f in self.fields if f.mirror_of_id is not None)

    @cached_property
    def derived(self) -> tuple[FieldSpec, ...]:
        """The fields the write path fills from others, and stores."""
        return tuple(f for f in self.stored if f.computed)

    @cached_property
    def validated(self) -> tuple[FieldSpec, ...]:
        """The fields whose values an expression checks."""
        return tuple(f for f in self.stored if f.validation)

    @cached_property
    def told_of_member(self) -> tuple[FieldSpec, ...]:
        """The computed fields that read something of the record's member."""
        return tuple(f for f in self.derived if f.type.member_read(f.settings))

    @cached_property
    def reads_member(self) -> bool:
        """Whether a write has to know the record's member."""
        return bool(self.told_of_member) or any(
            rule_reads_member(f.validation) for f in self.validated
        )

    @cached_property
    def required(self) -> tuple[FieldSpec, ...]:
        return tuple(f for f in self.stored if f.is_required)

    @cached_property
    def with_default(self) -> tuple[FieldSpec, ...]:
        return tuple(f for f in self.stored if f.default_value is not None)

    @cached_property
    def unique(self) -> tuple[FieldSpec, ...]:
        """The fields whose values the index keeps unique; a one-to-one link always is."""
        return tuple(f for f in self.stored if f.is_unique or f.is_exclusive)

    @cached_property
    def partners(self) -> tuple[FieldSpec, ...]:
        """The one-to-one links that records of this object hold, deleted ones too."""
        links = (spec for spec in self.all_fields.values() if spec.is_exclusive)
        return tuple(spec for spec in links if spec.mirror_of_id is None)

    @cached_property
    def kept_apart(self) -> tuple[FieldSpec, ...]:
        """The fields whose values the index keeps unique, deleted ones and suspended ones too."""
        kept = (f for f in self.all_fields.values() if f.is_unique or f.is_exclusive)
        return tuple(f for f in kept if f.computed not in COLUMN_FIELDS and f.mirror_of_id is None)

    @cached_property
    def indexed(self) -> dict[int, FieldSpec]:
        """The fields whose values are written, or were until the related object was archived."""
        return self.by_id | {field.id: field for field in self.suspended}

    @cached_property
    def team_fields(self) -> tuple[FieldSpec, ...]:
        """The fields whose values are members: a record belongs to the members it names."""
        return tuple(f for f in self.stored if f.type.refers_to == "member")

    @cached_property
    def searched(self) -> tuple[FieldSpec, ...]:
        """The fields that a free-text search covers: names and everything text-like."""
        return tuple(f for f in self.stored if f.type.text_like)

    @cached_property
    def external_id_field(self) -> FieldSpec | None:
        """The field whose value is the record's external id."""
        return next((f for f in self.stored if f.is_external_id), None)

    @cached_property
    def owner_field(self) -> FieldSpec | None:
        return self.by_name.get("owner")

    @cached_property
    def stage_field(self) -> FieldSpec | None:
        return self.by_name.get("stage") if self.object_type == ObjectKind.PIPELINE else None

    @cached_property
    def pattern_fields(self) -> tuple[FieldSpec, ...]:
        """The fields the display pattern names."""
        names = PATTERN_PART.findall(self.display_pattern)
        return tuple(self.by_name[name] for name in names if name in self.by_name)

    @cached_property
    def named_by(self) -> frozenset[int]:
        """The fields whose values a display name can show: the pattern's, else the identifier, else
        any text."""
        named = [*self.pattern_fields, *self.searched, *filter(None, [self.identifier])]
        return frozenset(field.id for field in named)

    @property
    def is_contact(self) -> bool:
        return self.object_type == ObjectKind.CONTACT


def compile_schema(object_id: int, workspace: WorkspaceSpec) -> ObjectSchema:
    """Read an object's definition and compile it: four queries, once per schema version and
    process."""
    workspace_id = workspace.id
    # The version is read first, so what is compiled with it is never older.
    row = ObjectType.objects.select_related("external_source").get(
        workspace_id=workspace_id, id=object_id
    )
    options = _options_by_field(workspace_id, object_id)
    rows = Field.objects.filter(workspace_id=workspace_id, object_id=object_id)
    # Of three more models one column each: to read all of theirs takes as long as all the rest.
    fields: list[Any] = list(
        rows.annotate(
            category_uuid=F("category__uuid"),
            mirror_id=F("mirror__id"),
            related_archived_at=F("related_object__archived_at"),
        )
    )
    specs = {field.id: _field_spec(field, options.get(field.id, []), workspace) for field in fields}
    not_deleted = [field for field in fields if field.deleted_at is None]
    live = tuple(specs[field.id] for field in not_deleted if not _is_suspended(field))
    return ObjectSchema(
        id=row.id,
        uuid=str(row.uuid),
        workspace_id=workspace_id,
        version=row.schema_version,
        name=row.name,
        object_name=row.object_name,
        entity_name=row.entity_name,
        object_type=row.object_type,
        display_pattern=row.display_pattern,
        identifier=specs.get(row.identifier_field_id) if row.identifier_field_id else None,
        fields=live,
        all_fields=specs,
        display_dependents=_dependents(workspace_id, object_id),
        suspended=tuple(specs[field.id] for field in not_deleted if _is_suspended(field)),
        description=row.description,
        is_open=row.is_open,
        # A reverse one-to-one relation raises where there is none.
        external=compile_source(row.external_source, live)
        if hasattr(row, "external_source")
        else None,
        is_collection=row.is_collection,
        slug=row.slug or row.name,
        prompt=row.prompt,
        is_pinned=row.is_pinned,
    )


def _options_by_field(workspace_id: int, object_id: int) -> dict[int, list[FieldOption]]:
    options: dict[int, list[FieldOption]] = {}
    for option in FieldOption.objects.filter(workspace_id=workspace_id, field__object_id=object_id):
        options.setdefault(option.field_id, []).append(option)
    return options


def _is_suspended(field: Any) -> bool:
    return field.related_archived_at is not None


def _dependents(workspace_id: int, object_id: int) -> tuple[tuple[int, int], ...]:
    """(object, field) of the links whose object's display pattern shows a record of this object."""
    links = Field.objects.filter(
        workspace_id=workspace_id, related_object_id=object_id, deleted_at=None, mirror_of=None
    ).values_list("object_id", "id", "name", "object__display_pattern")
    return tuple(
        (owner, field) for owner, field, name, pattern in links if f"{{{name}}}" in pattern
    )


def _field_spec(field: Any, options: list[FieldOption], workspace: WorkspaceSpec) -> FieldSpec:
    specs = {
        option.id: OptionSpec(
            option.id,
            str(option.uuid),
            option.name,
            option.code,
            option.order,
            option.stage_status,
            option.percentage,
            option.deleted_at is not None,
            option.by_hand,
        )
        for option in options
    }
    return FieldSpec(
        id=field.id,
        uuid=str(field.uuid),
        name=field.name,
        display_name=field.display_name,
        type=field_types.get(field.field_type).typed(field.settings),
        settings=field.settings,
        options=specs,
        option_keys=option_keys(specs),
        default_value=field.default_value,
        category_uuid=str(field.category_uuid or ""),
        description=field.description,
        mirror_id=field.mirror_id,
        order=field.order,
        zone=workspace.zone,
        region=workspace.region,
        language=workspace.language,
        **{name: getattr(field, name) for name in _COPIED},
    )


_COPIED = (
    "is_required",
    "is_read_only",
    "is_hidden",
    "is_unique",
    "is_default",
    "is_admin_only",
    "is_external_id",
    "validation",
    "validation_message",
    "should_index",
    "is_deletable",
    "allows_empty",
    "computed",
    "relation_kind",
    "related_object_id",
    "mirror_of_id",
)


def option_keys(options: Mapping[int, OptionSpec]) -> dict[str, int]:
    """By what a live option is found, as `FieldSpec.option_keys` has it."""
    keys: dict[str, int] = {}
    for option in options.values():
        # A deleted option frees its name and its code.
        if not option.deleted:
            keys[option.uuid] = option.id
            # With prefixes, because one option's name may be another's code.
            keys[f"name:{normal_text(option.name)}"] = option.id
            keys[f"code:{option.code.casefold()}"] = option.id
    return keys


def display_text(
    field: FieldSpec, stored: Any, names: Mapping[int, str], members: Mapping[int, str]
) -> str:
    """A stored value as people read it in a display name. `names`: display names of related
    records."""
    return "" if stored is None else field.type.name_part(field, stored, names, members)


def is_stored(spec: FieldSpec) -> bool:
    """Whether the field's values are in the document."""
    return spec.computed not in COLUMN_FIELDS and spec.mirror_of_id is None
