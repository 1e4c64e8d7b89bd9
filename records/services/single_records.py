"""Objects of whose records a member may have one at most."""

from __future__ import annotations

from records.exceptions import Conflict

from .effects import Effects
from .record_rows import RecordRow
from .sql import fetch, is_postgresql


def check_single(effects: Effects, row: RecordRow | None, member_id: int | None) -> None:
    """Conflict when the member has another live record of the object, where one is all they may have.

    The member's row is locked first, so that of two that come at once the second sees what the first made.
    """
    schema = effects.schema
    if schema.is_collection or member_id is None:
        return
    lock = " FOR NO KEY UPDATE" if is_postgresql() else ""
    fetch(
        f"SELECT id FROM records_member WHERE workspace_id = %s AND id = %s{lock}",
        [schema.workspace_id, member_id],
    )
    others = fetch(
        "SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s AND member_id = %s"
        " AND state = 'active' AND id <> %s LIMIT 1",
        [schema.workspace_id, schema.id, member_id, row.id if row is not None else 0],
    )
    if others or any(made.member_id == member_id for made in effects.out.created if made is not row):
        raise Conflict("The member has a record of this type already, and may have one.", "already_exists")
