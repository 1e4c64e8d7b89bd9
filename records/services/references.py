"""Resolving what values name: records, members, attachments and tags, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from records.exceptions import Conflict
from records.field_types import (
    AttachmentRef,
    FieldSpec,
    InvalidValue,
    MemberRef,
    NewOption,
    RecordRef,
    normal_text,
)

from .access import Author, visible_condition, visible_identifier
from .naming import identifier_key
from .option_rows import create_tags
from .sql import fetch, for_key_share, for_share, in_texts, in_uuids, uuid_text
from .team import find_active_by_email
from .values import Change, Reference


@dataclass(slots=True)
class Resolved:
    """What the references of a batch stand for. `names` are the display names of the records among them.

    `counted_up` is by how much resolving them, which makes new tags, has counted up the object's version.
    """

    records: dict[tuple[int, RecordRef], int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    attachments: dict[str, int] = field(default_factory=dict)
    attachment_owners: dict[int, int | None] = field(default_factory=dict)
    tags: dict[tuple[int, str], int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    caller: int = 0
    counted_up: int = 0

    def resolve(self, spec: FieldSpec, reference: Reference) -> int:
        """The primary key behind a reference; InvalidValue when there is none the caller may use."""
        found: int | None = None
        if isinstance(reference, RecordRef):
            found = self.records.get((spec.id, reference))
        elif isinstance(reference, MemberRef):
            found = self.caller if reference.is_me else self.members.get(reference.email or _canonical(reference.uuid))
        elif isinstance(reference, AttachmentRef):
            found = self.attachments.get(_canonical(reference.uuid))
        else:
            found = self.tags.get((spec.id, normal_text(reference.name)))
        if found is None:
            raise InvalidValue(f"{_shown(reference)} does not exist.", "does_not_exist")
        return found


def _shown(reference: Reference) -> str:
    kind = {RecordRef: "The record", MemberRef: "The member", AttachmentRef: "The attachment"}
    value = next((found for part in ("uuid", "name", "email") if (found := getattr(reference, part, None))), None)
    return f"{kind.get(type(reference), 'The option')} {str(value)[:80]!r}"


def _canonical(raw: str | None) -> str:
    try:
        return str(UUID(raw or ""))
    except ValueError:
        return ""


def resolve_references(author: Author, changes: Iterable[Change]) -> Resolved:
    """Look up everything the changes name: one query per kind, and per related object."""
    by_kind: dict[type, dict[int, tuple[FieldSpec, dict[Any, None]]]] = {}
    for change in changes:
        for _, reference in change.references():
            kinds = by_kind.setdefault(type(reference), {})
            kinds.setdefault(change.field.id, (change.field, {}))[1][reference] = None
    resolved = Resolved(caller=author.member.id)
    for spec, references in by_kind.get(RecordRef, {}).values():
        _find_records(author, spec, references, resolved)
    for _, references in by_kind.get(MemberRef, {}).values():
        uuids = {_canonical(reference.uuid) for reference in references} - {""}
        members = author.directory.find_members(uuids).values() if uuids else ()
        resolved.members.update((member.uuid, member.id) for member in members if member.is_active)
        emails = {reference.email for reference in references if reference.email}
        resolved.members.update(find_active_by_email(author.workspace.id, emails))
    for _, references in by_kind.get(AttachmentRef, {}).values():
        uuids = {_canonical(reference.uuid) for reference in references} - {""}
        _find_attachments(author, uuids, resolved)
    for spec, references in by_kind.get(NewOption, {}).values():
        tags, counted_up = create_tags(author, spec, [reference.name for reference in references])
        resolved.counted_up += counted_up
        resolved.tags.update(((spec.id, key), option) for key, option in tags.items())
    return resolved


def _find_records(author: Author, spec: FieldSpec, references: Collection[RecordRef], resolved: Resolved) -> None:
    """Live, visible records of the related object, by UUID or identifier."""
    try:
        related = author.directory.schema(spec.related_object_id or 0)
    except Conflict:
        return
    uuids = {_canonical(reference.uuid) for reference in references if reference.uuid} - {""}
    named = visible_identifier(author, related) is not None
    names = {identifier_key(reference.name) for reference in references if reference.name and named}
    by_uuid, uuid_params = in_uuids("r.uuid", uuids)
    by_name, name_params = in_texts("r.identifier", names)
    visible, visible_params = visible_condition(author, related, "r")
    # Whoever deletes one of these takes it out of the records that link to it, and whoever renames one renames the
    # records that show its name: this one too, if they have to wait for it.
    shown = any(field == spec.id for _, field in related.display_dependents)
    lock = for_share("r") if shown else for_key_share("r")
    rows = fetch(
        "SELECT r.id, r.uuid, r.identifier, r.display_name FROM records_record r"
        f" WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = 'active'"
        f" AND ({by_uuid} OR {by_name}) AND {visible} ORDER BY r.id{lock}",
        [author.workspace.id, related.id, *uuid_params, *name_params, *visible_params],
    )
    uuid_ids = {uuid_text(row[1]): row[0] for row in rows}
    name_ids = {row[2]: row[0] for row in rows if row[2] is not None}
    resolved.names.update((row[0], row[3]) for row in rows)
    for reference in references:
        key = uuid_ids.get(_canonical(reference.uuid)) if reference.uuid else None
        if key is None and reference.name:
            key = name_ids.get(identifier_key(reference.name))
        if key is not None:
            resolved.records[(spec.id, reference)] = key


def _find_attachments(author: Author, uuids: set[str], resolved: Resolved) -> None:
    if not uuids:
        return
    condition, params = in_uuids("uuid", uuids)
    rows = fetch(
        f"SELECT uuid, id, record_id FROM records_attachment WHERE workspace_id = %s AND {condition}",
        [author.workspace.id, *params],
    )
    resolved.attachments.update((uuid_text(row[0]), row[1]) for row in rows)
    resolved.attachment_owners.update((row[1], row[2]) for row in rows)
