"""Who sent a request: the key, the bearer or the logged-in user behind it becomes an `Author`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from records.exceptions import NotAllowed, NotAuthenticated
from records.models import Source
from records.services.catalogue import WorkspaceSpec, get_directory
from records.services.database import (
    execute,
    fetch,
    moment,
    moment_column,
    moment_param,
    optional,
    uuid_param,
    uuid_text,
)

from .author import Author, check_scope, member_author
from .rate_limits import (
    KEY,
    WORKSPACE,
    check_key,
    count_request,
    refuse_key,
    tightest,
)

USED_AT_MOST_EVERY = timedelta(minutes=1)


class _KeyRow(NamedTuple):
    """A key with its workspace and the member it speaks for; `owner_id` is the only member it may
    speak for."""

    id: int
    owner_id: int | None
    scopes: Any
    self_access: bool
    expires_at: Any
    is_revoked: bool
    last_used_at: Any
    workspace_id: int
    workspace_uuid: Any
    definitions_version: int
    time_zone: str
    region: str
    language: str
    member_id: int | None
    role_id: int | None
    is_active_member: bool | None
    digest: str

    @property
    def is_foreign(self) -> bool:
        """Whether the key may not speak for the member: only its owner, if it has one."""
        return self.owner_id is not None and self.owner_id != self.member_id


_KEY_QUERY = """
SELECT k.id, k.member_id, k.scopes, k.self_access,
       {expires_at}, k.revoked_at IS NOT NULL, {last_used_at},
       w.id, w.uuid, w.definitions_version, w.time_zone, w.region, w.language,
       m.id, m.role_id, m.is_active,
       k.digest
FROM records_apikey k
JOIN records_workspace w ON w.id = k.workspace_id
LEFT JOIN records_member m ON m.workspace_id = w.id AND {joined}
WHERE k.digest = %s
"""
FOREIGN = "The key, the business and the user do not belong together."
INVALID_KEY = "The API key is not valid."
_NAMED = "m.uuid = %s"
_OWN = "m.id = k.member_id"


def key_digest(secret: str) -> str:
    """What is stored of an API key's secret. The secret has 256 random bits, which a plain digest
    protects."""
    # Any text may be sent as a key: lone surrogates must not fail.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def authenticate_key(
    secret: str,
    workspace_uuid: UUID,
    member_uuid: UUID,
    source: Source,
    request_id: str = "",
    *,
    address: str = "",
) -> Author:
    """The author behind an API key that was sent from an address; one query.

    TooMany: a limit of the key or its workspace is reached, or too many wrong keys came from the
    address. NotAuthenticated: unknown,
    revoked or expired key, one message for all. NotAllowed: the key, workspace and member do not
    belong together, one message for unknown and foreign ones.
    """
    row = _find_key(secret, _NAMED, [uuid_param(member_uuid)], address)
    other_workspace = str(workspace_uuid) != uuid_text(row.workspace_uuid)
    if other_workspace or row.is_foreign or not row.is_active_member:
        raise NotAllowed(FOREIGN)
    return _key_author(row, source, request_id)


def authenticate_bearer(
    secret: str,
    source: Source,
    request_id: str = "",
    *,
    member_uuid: UUID | None = None,
    address: str = "",
) -> Author:
    """The author behind an API key alone, which says for which workspace and member it speaks; one
    query.

    A key that speaks for any member needs `member_uuid`. TooMany: a limit of the key, its workspace
    or the address is reached. NotAuthenticated: unknown, revoked or
    expired key, or one whose member is gone; NotAllowed: the key and the member do not belong
    together, or none is named.
    """
    joined, params = (_OWN, []) if member_uuid is None else (_NAMED, [uuid_param(member_uuid)])
    row = _find_key(secret, joined, params, address)
    if row.owner_id is None and member_uuid is None:
        raise NotAllowed(
            "The API key is not bound to a member: name one in the header X-USER-ID, or use "
            "a member's key."
        )
    if row.is_foreign:
        raise NotAllowed(FOREIGN)
    if not row.is_active_member:
        # A key goes with its owner; a key for any member stays good, and the member is the mistake.
        raise NotAllowed(FOREIGN) if row.owner_id is None else NotAuthenticated(INVALID_KEY)
    return _key_author(row, source, request_id)


def acting_for(author: Author, member_uuid: UUID) -> Author:
    """The author, acting for another member: with that member's role, and the scopes of the key.

    The ledger names the member and the key. NotAllowed unless an admin's key reaches to administer
    members, and the member is an active one of the workspace.
    """
    if author.api_key_id is None:
        raise NotAllowed("Only API keys act for other members.")
    check_scope(author, "members", "admin")
    if not author.role.is_admin:
        raise NotAllowed("Only keys of workspace admins act for other members.")
    found = author.directory.find_members([str(member_uuid)]).get(str(member_uuid))
    if found is None or not found.is_active:
        raise NotAllowed("The workspace has no such active member to act for.")
    return replace(author, member=found, role=author.directory.role(found.role_id))


def _find_key(secret: str, joined: str, params: list[Any], address: str) -> _KeyRow:
    """The row of a key in force; the member's columns are None when there is no such member."""
    digest, now = key_digest(secret), datetime.now(UTC)
    check_key(digest)
    rows = fetch(_key_query(joined), [*params, digest])
    found = _KeyRow(*rows[0]) if rows else None
    if found is None or found.is_revoked or _has_passed(found.expires_at, now):
        raise refuse_key(INVALID_KEY, address)
    return found


@cache
def _key_query(joined: str) -> str:
    return _KEY_QUERY.format(
        joined=joined,
        expires_at=moment_column("k.expires_at"),
        last_used_at=moment_column("k.last_used_at"),
    )


def _key_author(row: _KeyRow, source: Source, request_id: str) -> Author:
    assert row.member_id is not None  # checked by the callers
    assert row.role_id is not None
    workspace = WorkspaceSpec(
        row.workspace_id,
        uuid_text(row.workspace_uuid),
        row.definitions_version,
        ZoneInfo(row.time_zone),
        row.region,
        row.language,
    )
    standing = tightest(count_request(KEY, row.digest), count_request(WORKSPACE, workspace.id))
    _note_use(row.id, workspace.id, moment(row.last_used_at), datetime.now(UTC))
    directory = get_directory(workspace)
    return Author(
        workspace,
        directory,
        directory.members([row.member_id])[row.member_id],
        directory.role(row.role_id),
        source.value,
        api_key_id=row.id,
        scopes=tuple(_scopes(row.scopes)),
        self_access=bool(row.self_access),
        request_id=request_id,
        standing=standing,
    )


def is_workspace(author: Author, slug: str) -> bool:
    """Whether this is the slug of the author's workspace."""
    return bool(
        fetch(
            "SELECT 1 FROM records_workspace WHERE id = %s AND slug = %s",
            [author.workspace.id, slug],
        )
    )


def authenticate_user(
    user_id: int, workspace_uuid: UUID, source: Source, request_id: str = ""
) -> Author:
    """The author behind a logged-in user who calls an API of a workspace; NotAllowed when they are
    no active member of it, TooMany when its limit is reached."""
    rows = fetch(
        "SELECT w.id, w.uuid, w.definitions_version, w.time_zone, w.region, w.language,"
        " m.id"
        " FROM records_workspace w JOIN records_member m ON m.workspace_id = w.id"
        " WHERE w.uuid = %s AND m.user_id = %s AND m.is_active",
        [uuid_param(workspace_uuid), user_id],
    )
    if not rows:
        raise NotAllowed(FOREIGN)
    ((workspace_id, uuid, definitions_version, time_zone, region, language, member_id),) = rows
    workspace = WorkspaceSpec(
        workspace_id, uuid_text(uuid), definitions_version, ZoneInfo(time_zone), region, language
    )
    standing = count_request(WORKSPACE, workspace_id)
    return replace(member_author(workspace, member_id, source, request_id), standing=standing)


def _has_passed(raw: Any, now: datetime) -> bool:
    end = moment(raw)
    return end is not None and end <= now


def _scopes(raw: Any) -> list[str]:
    scopes: list[str] = orjson.loads(raw) if isinstance(raw, str) else raw
    return scopes


def _note_use(key_id: int, workspace_id: int, last: datetime | None, now: datetime) -> None:
    """Remember that the key is in use, at most once a minute."""
    if last is None or now - last > USED_AT_MOST_EVERY:
        # Keys must work while the database is read-only or busy.
        with optional():
            execute(
                "UPDATE records_apikey SET last_used_at = %s WHERE workspace_id = %s AND id = %s",
                [moment_param(now), workspace_id, key_id],
            )
