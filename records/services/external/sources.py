"""Setting sources up. A source is a definition: admins make and change it, and every change is in its history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict, Unpack
from urllib.parse import SplitResult, urlsplit

from django.db import transaction
from django.utils import timezone

from records.exceptions import InvalidInput
from records.models import ExternalOperation, ExternalSource, ObjectType, Record, RecordState
from records.models.external import MAX_TIMEOUT, MIN_TIMEOUT
from records.services.definers import Definer, defining
from records.services.definition_versions import touch
from records.services.definitions import check_label
from records.services.directory import read_uncommitted
from records.services.sealing import Unreadable, resealed, seal

from .addresses import is_opened, is_public
from .listing import FIELD, PAGING
from .shapes import placeholders
from .source import PORTS, may_be_mapped, split_path

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
USUAL_METHODS = {"get": "GET", "list": "GET", "create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
NEEDING_ID = frozenset(ExternalOperation) - {ExternalOperation.LIST, ExternalOperation.CREATE}
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
SECRET = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?")
PATH = re.compile(r"/(?!/)[\x21-\x7e]*")
OURS = {"host", "content-length", "transfer-encoding", "connection", "content-type", "accept", "accept-encoding"}
MAX_TEMPLATE = 2000


class SourceSettings(TypedDict, total=False):
    """What a source is made of. `secret` is the whole value of its header: empty for none, absent to leave it."""

    name: str
    base_url: str
    auth_header: str
    secret: str
    timeout_seconds: float
    id_path: str
    total_path: str
    operations: Mapping[str, Mapping[str, str]]
    mapping: Mapping[str, str] | None


@defining
def create_source(author: Definer, object_row: ObjectType, **given: Unpack[SourceSettings]) -> ExternalSource:
    """Let the records of an object live elsewhere from now on. InvalidInput when it has records already."""
    workspace_id = author.workspace.id
    if ExternalSource.objects.filter(workspace_id=workspace_id, object=object_row).exists():
        raise InvalidInput("object: it has a source already.", "unique")
    # Whoever writes records holds the object's row: none comes while we look.
    ObjectType.objects.select_for_update().get(workspace_id=workspace_id, id=object_row.pk)
    stored = Record.objects.filter(workspace_id=workspace_id, object=object_row).exclude(state=RecordState.DELETED)
    if stored.exists():
        raise InvalidInput("object: it has records of its own, which nobody would see any more; make another object.")
    row = ExternalSource(workspace_id=workspace_id, object=object_row)
    return _save(author, row, given)


@defining
def update_source(author: Definer, source_row: ExternalSource, **given: Unpack[SourceSettings]) -> ExternalSource:
    """Change a source; another scheme, host or port in its URL takes its secret away, unless a new one is given."""
    rows = ExternalSource.objects.select_for_update(of=("self",)).select_related("object")
    row = rows.get(workspace_id=author.workspace.id, id=source_row.id)
    return _save(author, row, given)


@defining
def delete_source(author: Definer, source_row: ExternalSource) -> None:
    """Let the object keep its records here again. Nothing is copied from where they were."""
    ExternalSource.objects.get(workspace_id=author.workspace.id, id=source_row.id).delete()
    touch(author.workspace.id, [source_row.object_id])


def reseal_secrets() -> tuple[int, int]:
    """Seal every secret with the newest key: how many were, and how many no key opens."""
    done = lost = 0
    for row in ExternalSource.objects.exclude(secret=""):
        try:
            sealed = resealed(row.secret)
        except Unreadable:
            lost += 1
            continue
        rows = ExternalSource.objects.filter(workspace_id=row.workspace_id, id=row.id, secret=row.secret)
        with transaction.atomic():
            done += rows.update(secret=sealed)
            touch(row.workspace_id, [row.object_id])
    return done, lost


def _save(author: Definer, row: ExternalSource, given: SourceSettings) -> ExternalSource:
    before = _origin(row.base_url) if row.base_url else None
    secret = given.get("secret")
    for name, value in given.items():
        if name != "secret":
            setattr(row, name, value)
    _check(author, row)
    if secret is not None or _origin(row.base_url) != before:
        row.secret = seal(_checked_secret(row, secret)) if secret else ""
        row.secret_set_at = timezone.now() if secret else None
    row.save()
    touch(row.workspace_id, [row.object_id])
    return row


def _check(author: Definer, row: ExternalSource) -> None:
    """InvalidInput says which setting is wrong, and why."""
    row.name = check_label("name", row.name)
    row.base_url = check_url(row.base_url)
    if row.auth_header and (not HEADER.fullmatch(row.auth_header) or row.auth_header.lower() in OURS):
        raise InvalidInput("auth_header: this is no header that a secret can be sent in.")
    if not MIN_TIMEOUT <= row.timeout_seconds <= MAX_TIMEOUT:
        raise InvalidInput(f"timeout_seconds: from {MIN_TIMEOUT:g} to {MAX_TIMEOUT:g} seconds.")
    if not split_path(row.id_path):
        raise InvalidInput("id_path: say where the id stands in the upstream's records.", "required")
    schema = read_uncommitted(author.workspace.id).schema(row.object_id)
    mappable = {spec.name for spec in schema.fields if may_be_mapped(spec)}
    row.operations = {name: _checked_operation(name, operation, mappable) for name, operation in row.operations.items()}
    if row.mapping is not None:
        unknown = row.mapping.keys() - mappable
        if unknown:
            raise InvalidInput(f"mapping: these fields cannot live elsewhere: {', '.join(sorted(unknown)[:20])}.")
        row.mapping = {name: ".".join(split_path(path)) for name, path in row.mapping.items() if split_path(path)}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def check_url(url: str) -> str:
    """A base URL that may be called: TLS, a host that is not this network's own, no log-in in it."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise InvalidInput("base_url: this is no URL.") from None
    _check_parts(parts, host)
    opened = is_opened(host, port)
    if parts.scheme != "https" and not (opened and parts.scheme == "http"):
        raise InvalidInput("base_url: expected an address that begins with https://.")
    if not opened and _is_private(host):
        raise InvalidInput("base_url: this host may not be called: it is not on the public internet.")
    return parts._replace(path=parts.path.rstrip("/")).geturl()


def _check_parts(parts: SplitResult, host: str) -> None:
    if not host or not re.fullmatch(r"[a-z0-9._:-]+", host):
        raise InvalidInput("base_url: expected a host; write it in ASCII (xn--…).")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("base_url: no user or password here; a secret has a field of its own.")
    if parts.query or parts.fragment or "?" in parts.geturl() or "#" in parts.geturl():
        raise InvalidInput("base_url: no query here; it belongs to the paths of the operations.")
    if (parts.path and not PATH.fullmatch(parts.path)) or set("{}\\") & set(parts.geturl()):
        raise InvalidInput("base_url: expected a plain path; what is filled in belongs to the paths of the operations.")


def _is_private(host: str) -> bool:
    """Whether this is an address that is not public; the addresses of names are looked at when they are called."""
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _checked_operation(name: str, given: Mapping[str, str], mappable: set[str]) -> dict[str, str]:
    if name not in ExternalOperation.values:
        raise InvalidInput(f"operations: {name[:80]!r} is not one of {', '.join(ExternalOperation.values)}.")
    method, path = given.get("method", "").upper(), given.get("path", "").strip()
    if method not in METHODS:
        raise InvalidInput(f"operations: {name}: the method is one of {', '.join(METHODS)}.")
    if not PATH.fullmatch(path) or "#" in path or "\\" in path or len(path) > MAX_TEMPLATE:
        raise InvalidInput(f"operations: {name}: expected a path below the base URL, like /things/{{external_id}}.")
    _check_placeholders(name, path, mappable)
    return {"method": method, "path": path, "response_path": ".".join(split_path(given.get("response_path", "")))}


def _check_placeholders(name: str, path: str, mappable: set[str]) -> None:
    known = {"external_id"}
    if name == ExternalOperation.LIST:
        known = {"search", *PAGING, *(FIELD + field for field in mappable)}
    found = placeholders(path)
    if found - known or set("{}") & set(re.sub(r"\{[^{}]*\}", "", path)):
        raise InvalidInput(f"operations: {name}: what can be filled in is {', '.join(sorted(known)[:40])}, in braces.")
    if name in NEEDING_ID and "external_id" not in found:
        raise InvalidInput(f"operations: {name}: the path must have {{external_id}} in it.")
    if placeholders(path.partition("?")[0]) - {"external_id"}:
        raise InvalidInput(f"operations: {name}: these are filled into the query, after the question mark.")


def _checked_secret(row: ExternalSource, secret: str) -> str:
    if not row.auth_header:
        raise InvalidInput("auth_header: name the header that the secret is sent in.", "required")
    if not SECRET.fullmatch(secret):
        raise InvalidInput("secret: expected at most 4,096 visible ASCII characters.")
    return secret
