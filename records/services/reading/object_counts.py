"""How many records objects have, as far as the caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from records.services.access import Author, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import Fragment, fetch

from .trash import removable

AT_MOST = 100_000  # records that are counted, and more stand for any number of them


class ObjectCount(NamedTuple):
    """Live records, and those in the trash that the caller may restore; one more than 100,000
    stands for more than that."""

    live: int
    trash: int


def count_objects(author: Author, schemas: Sequence[ObjectSchema]) -> dict[int, ObjectCount]:
    """The counts of objects, by primary key; one statement, whose time does not grow with large
    objects."""
    if not schemas:
        return {}
    parts, params = [], []
    for schema in schemas:
        live, live_params = _counted(
            author, schema, "active", visible_condition(author, schema, "r")
        )
        trash, trash_params = _counted(author, schema, "deleted", removable(author, schema))
        parts.append(f"SELECT %s AS object_id, ({live}) AS live, ({trash}) AS trash")
        params += [schema.id, *live_params, *trash_params]
    rows = fetch(" UNION ALL ".join(parts), params)
    return {key: ObjectCount(live, trash) for key, live, trash in rows}


def _counted(author: Author, schema: ObjectSchema, state: str, visible: Fragment) -> Fragment:
    condition, params = visible
    return (
        "SELECT count(*) FROM (SELECT 1 FROM records_record r WHERE r.workspace_id = %s"
        f" AND r.object_id = %s AND r.state = '{state}' AND {condition}"
        f" LIMIT {AT_MOST + 1}) counted"
    ), [author.workspace.id, schema.id, *params]
