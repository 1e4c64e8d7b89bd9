"""How fields are named in the content of views, and which are hidden from a reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from records.field_types import FieldSpec
from records.services.access import Author
from records.services.catalogue import ObjectSchema

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Fields by how texts name them: by UUID, by the API name of one of the object, or by the path
    to one of an object it links to, which starts with the name or the UUID of the link. All paths
    through the links `closed` are such."""

    uuids: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.uuids or self.closed)

    def are_in(self, text: str) -> bool:
        """Whether a text names one of the fields: `name`, `-name`, `"custom"::id`, `link.name`."""
        if any(uuid.lower() in self.uuids for uuid in UUID.findall(text)):
            return True
        key = text.rpartition("::")[2].strip().removeprefix("-")
        near, _, far = key.partition(".")
        if near in self.own:
            return True
        near, far = near.lower(), far.partition(".")[0]
        return bool(far) and (near in self.closed or f"{near}.{far}" in self.linked)

    def are_among(self, content: Iterable[Any]) -> bool:
        """Whether one of these is a text that names one of the fields."""
        return any(isinstance(part, str) and self.are_in(part) for part in content)


def names_of(spec: FieldSpec) -> FieldNames:
    """How a field of the object is named."""
    return FieldNames(frozenset({spec.uuid}), frozenset({spec.name}))


def find_named(schema: ObjectSchema, text: str) -> FieldSpec | None:
    """The field of the object that a text names, hidden or not: `name`, `"custom"::id`."""
    key = text.rpartition("::")[2].strip()
    return schema.by_name.get(key) or schema.by_uuid.get(key.lower())


def names_linked(schema: ObjectSchema, text: str, object_id: int, spec: FieldSpec) -> bool:
    """Whether a text is a path (`link.name`) from the object to a field of another."""
    near, _, far = text.partition(".")
    link = find_named(schema, near.removeprefix("-")) if far == spec.name else None
    return link is not None and link.related_object_id == object_id


def hidden_names(author: Author, schema: ObjectSchema) -> FieldNames:
    """How the fields are named that the caller's role may not see, of the object and of those it
    links to."""
    hidden, role = author.role.hidden_fields, author.role
    own = [spec for spec in schema.fields if spec.id in hidden]
    uuids, linked, closed = {spec.uuid for spec in own}, set(), set()
    for link in schema.fields:
        other = author.directory.find_related(link)
        if other is None:
            continue
        unseen = not role.grant(other.id).any
        if unseen:
            closed |= {link.name, link.uuid}
        for spec in other.fields:
            if unseen or spec.id in hidden:
                uuids.add(spec.uuid)
                linked |= {f"{link.name}.{spec.name}", f"{link.uuid}.{spec.name}"}
    return FieldNames(
        frozenset(uuids), frozenset(spec.name for spec in own), frozenset(linked), frozenset(closed)
    )
