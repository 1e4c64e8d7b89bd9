"""Resolving what values name: records, members, attachments and tags, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import Conflict, quoted
from records.field_types import (
    AttachmentRef,
    FieldSpec,
    InvalidValue,
    MemberRef,
    NewOption,
    RecordRef,
    normal_text,
)
from records.services.access import (
    Author,
    find_active_by_email,
    visible_condition,
    visible_identifier,
)
from records.services.catalogue import ObjectSchema, identifier_key
from records.services.database import (
    Fragment,
    Row,
    canonical_uuid,
    document_value,
    fetch,
    for_key_share,
    for_share,
    in_ids,
    in_texts,
    in_uuids,
    uuid_text,
)
from records.services.reading import ends_of

from .option_rows import create_tags, tag_names
from .values import Change, Reference

Spellings = Mapping[tuple[int, Reference], str]


@dataclass(slots=True)
class Resolved:
    """What the references of a batch stand for, each kind by what names it.

    `attachment_owners` are the records that files belong to; of those that belong to none,
    `free_files` are the caller's and `others_files` another member's. `names` are the display
    names of the records that are named. Resolving makes new tags; `counted_up` is by how much that
    has counted up the version of the object's definition.
    """

    records: dict[tuple[int, RecordRef], int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    attachments: dict[str, int] = field(default_factory=dict)
    attachment_owners: dict[int, int | None] = field(default_factory=dict)
    free_files: set[int] = field(default_factory=set)
    others_files: set[int] = field(default_factory=set)
    tags: dict[tuple[int, str], int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    caller: int = 0
    counted_up: int = 0

    def resolve(self, spec: FieldSpec, reference: Reference) -> int:
        """The primary key behind a reference; InvalidValue when there is none the caller may
        use."""
        found = self.find(spec, reference)
        # A record out of the caller's sight is reported like one that does not exist.
        if found is None:
            raise InvalidValue(f"{_shown(reference)} does not exist.", "does_not_exist")
        return found

    def find(self, spec: FieldSpec, reference: Reference) -> int | None:
        """The primary key behind a reference, None where there is none."""
        if isinstance(reference, RecordRef):
            return self.records.get((spec.id, reference))
        if isinstance(reference, MemberRef):
            return self.caller if reference.is_me else self.members.get(_member_key(reference))
        if isinstance(reference, AttachmentRef):
            return self.attachments.get(canonical_uuid(reference.uuid))
        return self.tags.get((spec.id, normal_text(reference.name)))


def _member_key(reference: MemberRef) -> str:
    return reference.email or canonical_uuid(reference.uuid)


_KINDS: Mapping[type[Reference], str] = {
    RecordRef: "The record",
    MemberRef: "The member",
    AttachmentRef: "The attachment",
    NewOption: "The option",
}


def _shown(reference: Reference) -> str:
    """The reference as messages name it: its kind, and what was sent for it."""
    sent = next(
        (part for name in ("uuid", "name", "email") if (part := getattr(reference, name, None))),
        None,
    )
    return f"{_KINDS[type(reference)]} {quoted(sent)}"


def resolve_references(author: Author, changes: Iterable[Change]) -> Resolved:
    """Look up everything the changes name: one query per kind, and per related object."""
    resolved = Resolved(caller=author.member.id)
    by_kind = _by_kind(changes)
    for spec, references in by_kind.get(RecordRef, {}).values():
        _find_records(author, spec, references, resolved)
    for _, references in by_kind.get(MemberRef, {}).values():
        _find_members(author, references, resolved)
    for _, references in by_kind.get(AttachmentRef, {}).values():
        _find_attachments(author, references, resolved)
    for spec, references in by_kind.get(NewOption, {}).values():
        tags, counted_up = create_tags(author, spec, [reference.name for reference in references])
        resolved.counted_up += counted_up
        resolved.tags.update(((spec.id, key), option) for key, option in tags.items())
    return resolved


def find_spellings(author: Author, changes: Iterable[Change]) -> Spellings:
    """What is found by a name is called, by field and reference: the identifier of a record, the
    address of a member, the name of a tag. Nothing is made, and what is not there is left out."""
    resolved = Resolved(caller=author.member.id)
    by_kind, found = _by_kind(changes), dict[tuple[int, Reference], str]()
    for spec, references in by_kind.get(RecordRef, {}).values():
        named = [reference for reference in references if reference.name]
        if named:
            _find_records(author, spec, named, resolved)
            found |= _identifiers(author, spec, resolved)
    members = by_kind.get(MemberRef, {})
    if members:
        _find_members(author, [each for _, some in members.values() for each in some], resolved)
        rows = author.directory.members([author.member.id, *resolved.members.values()])
        for spec, references in members.values():
            for reference in references:
                member = rows.get(resolved.find(spec, reference) or 0)
                if member is not None and not reference.uuid:
                    found[spec.id, reference] = member.json["email"]
    for spec, references in by_kind.get(NewOption, {}).values():
        tags = tag_names(author, spec, [reference.name for reference in references])
        found |= {(spec.id, each): tags[normal_text(each.name)] for each in references}
    return found


def _identifiers(
    author: Author, spec: FieldSpec, resolved: Resolved
) -> dict[tuple[int, Reference], str]:
    """The identifiers, as they are written, of the records that a field's links name."""
    related = author.directory.related_schema(spec)
    identifier = visible_identifier(author, related)
    keys = {key for (field_id, _), key in resolved.records.items() if field_id == spec.id}
    if identifier is None or not keys:
        return {}
    condition, params = in_ids("r.id", keys)
    text = document_value('r."values"', str(identifier.id))
    rows = fetch(
        f"SELECT r.id, {text} FROM records_record r WHERE r.workspace_id = %s AND {condition}",
        [author.workspace.id, *params],
    )
    written = {key: str(name) for key, name in rows if name is not None}
    return {
        at: written[key]
        for at, key in resolved.records.items()
        if at[0] == spec.id and key in written
    }


def _by_kind(
    changes: Iterable[Change],
) -> dict[type[Reference], dict[int, tuple[FieldSpec, dict[Any, None]]]]:
    """The references by kind and by field: each one once, in the order in which they are named."""
    found: dict[type[Reference], dict[int, tuple[FieldSpec, dict[Any, None]]]] = {}
    for change in changes:
        for _, reference in change.references():
            _, references = found.setdefault(type(reference), {}).setdefault(
                change.field.id, (change.field, {})
            )
            # A dict, not a set: it keeps the order in which tags are made.
            references[reference] = None
    return found


def _uuids(references: Iterable[RecordRef | MemberRef | AttachmentRef]) -> set[str]:
    return {canonical_uuid(reference.uuid) for reference in references} - {""}


def _find_records(
    author: Author, spec: FieldSpec, references: Collection[RecordRef], resolved: Resolved
) -> None:
    """Find live, visible records of the related object, by UUID or identifier."""
    try:
        related = author.directory.related_schema(spec)
    except Conflict:  # the object is archived: none of its records exists for callers
        return
    uuid_ids: dict[str, int] = {}
    name_ids: dict[str, int] = {}
    found_rows = _fetch_records(author, spec, related, *_named(author, related, references))
    merged = [key for key, *_, into in found_rows if into is not None]
    # Records that were merged are named for what they have become.
    ends = ends_of(related, merged) if merged else {}
    if ends:
        live = _fetch_records(author, spec, related, *in_ids("r.id", set(ends.values())))
        known = {key for key, *_ in live}
        ends = {key: end for key, end in ends.items() if end in known}
        found_rows += live
    for record_id, uuid, identifier, name, into in found_rows:
        if into is not None and record_id not in ends:
            continue
        key: int = ends.get(record_id) or record_id
        uuid_ids[uuid_text(uuid)] = key
        if identifier is not None:
            name_ids[identifier] = key
        if into is None:
            resolved.names[key] = name
    for reference in references:
        found = uuid_ids.get(canonical_uuid(reference.uuid))
        # A text that could be an id or a name is an id first.
        if found is None and reference.name:
            found = name_ids.get(identifier_key(reference.name))
        if found is not None:
            resolved.records[(spec.id, reference)] = found


def _named(author: Author, related: ObjectSchema, references: Collection[RecordRef]) -> Fragment:
    """SQL that keeps the records, under `r`, that are named by UUID or identifier."""
    # To a role that may not see the identifier, records have none.
    named = visible_identifier(author, related) is not None
    names = {identifier_key(reference.name) for reference in references if reference.name and named}
    by_uuid, uuid_params = in_uuids("r.uuid", _uuids(references))
    by_name, name_params = in_texts("r.identifier", names)
    return f"({by_uuid} OR {by_name})", [*uuid_params, *name_params]


def _fetch_records(
    author: Author, spec: FieldSpec, related: ObjectSchema, condition: str, params: Sequence[Any]
) -> list[Row]:
    """(key, UUID, identifier, display name, what it was merged into) of records that the caller
    sees, kept as they are until the transaction ends."""
    live, live_params = visible_condition(author, related, "r")
    aside, aside_params = visible_condition(author, related, "r", live=False)
    # Deleting one of these takes it out of the records that link to it, and renaming one renames
    # the records that show its name: this record too, if the other transaction has to wait for it.
    shown = any(field_id == spec.id for _, field_id in related.display_dependents)
    lock = for_share("r") if shown else for_key_share("r")
    return fetch(
        "SELECT r.id, r.uuid, r.identifier, r.display_name, r.merged_into FROM records_record r"
        f" WHERE r.workspace_id = %s AND r.object_id = %s AND {condition}"
        f" AND ((r.state = 'active' AND {live}) OR (r.merged_into IS NOT NULL AND {aside}))"
        f" ORDER BY r.id{lock}",
        [author.workspace.id, related.id, *params, *live_params, *aside_params],
    )


def _find_members(author: Author, references: Collection[MemberRef], resolved: Resolved) -> None:
    """Find active members, by UUID or email."""
    uuids = _uuids(references)
    members = author.directory.find_members(uuids).values() if uuids else ()
    # Inactive members stay in stored values, but no new value may name them.
    resolved.members.update((member.uuid, member.id) for member in members if member.is_active)
    emails = {reference.email for reference in references if reference.email}
    resolved.members.update(find_active_by_email(author.workspace.id, emails))


def _find_attachments(
    author: Author, references: Collection[AttachmentRef], resolved: Resolved
) -> None:
    """Find the workspace's files, whichever record they belong to: `value_rules` compares that."""
    uuids = _uuids(references)
    if not uuids:
        return
    condition, params = in_uuids("uuid", uuids)
    rows = fetch(
        "SELECT uuid, id, record_id, created_by FROM records_attachment WHERE workspace_id = %s"
        f" AND {condition}",
        [author.workspace.id, *params],
    )
    for uuid, attachment_id, owner_id, sender in rows:
        resolved.attachments[uuid_text(uuid)] = attachment_id
        resolved.attachment_owners[attachment_id] = owner_id
        # What was stored before senders were noted belongs to nobody, and stays so.
        if owner_id is None and sender is not None:
            is_own = sender == author.member.id
            (resolved.free_files if is_own else resolved.others_files).add(attachment_id)
