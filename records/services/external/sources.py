"""Setting sources up. A source is a definition: admins make and change it, and every change is in
its history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict, Unpack
from urllib.parse import SplitResult, urlsplit

from django.db import transaction
from django.utils import timezone

from records.exceptions import InvalidInput, quoted
from records.models import ExternalOperation, ExternalSource, ObjectType, Record, RecordState
from records.models.external import MAX_TIMEOUT, MIN_TIMEOUT
from records.services.access import Definer, defining
from records.services.catalogue import (
    PORTS,
    check_label,
    may_be_mapped,
    port_of,
    read_uncommitted,
    split_path,
    touch,
)
from records.services.database import Unreadable, resealed, seal

from .addresses import is_opened, may_be_public
from .json_mapping import placeholders
from .listing import FIELD, PAGING

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
USUAL_METHODS = {
    "get": "GET",
    "list": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}
NEEDING_ID = frozenset(ExternalOperation) - {ExternalOperation.LIST, ExternalOperation.CREATE}
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
SECRET = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?")
PATH = re.compile(r"/(?!/)[\x21-\x7e]*")
OURS = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "content-type",
    "accept",
    "accept-encoding",
}
MAX_TEMPLATE = 2000


class SourceSettings(TypedDict, total=False):
    """What a source is made of. `secret` is the whole value of its header: empty for none, absent
    to leave it."""

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
def create_source(
    author: Definer, object_row: ObjectType, **given: Unpack[SourceSettings]
) -> ExternalSource:
    """Give an object an external source. InvalidInput if it already has records."""
    workspace_id = author.workspace.id
    if ExternalSource.objects.filter(workspace_id=workspace_id, object=object_row).exists():
        raise InvalidInput("it already has a source.", "unique", at="object")
    # Writers of records lock the object's row, so no record appears during this check.
    ObjectType.objects.select_for_update().get(workspace_id=workspace_id, id=object_row.pk)
    # The trash does not count: what is in it is inaccessible already.
    stored = Record.objects.filter(workspace_id=workspace_id, object=object_row).exclude(
        state=RecordState.DELETED
    )
    if stored.exists():
        raise InvalidInput(
            "it already has records, which would become inaccessible; create another object.",
            at="object",
        )
    row = ExternalSource(workspace_id=workspace_id, object=object_row)
    return _save(author, row, given)


@defining
def update_source(
    author: Definer, source_row: ExternalSource, **given: Unpack[SourceSettings]
) -> ExternalSource:
    """Change a source; another scheme, host or port in its URL takes its secret away, unless a new
    one is given."""
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
        # Matched by the old secret: one that an admin has just set is not overwritten.
        rows = ExternalSource.objects.filter(
            workspace_id=row.workspace_id, id=row.id, secret=row.secret
        )
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
    # The secret of one host must never be sent to another.
    if secret is not None or _origin(row.base_url) != before:
        row.secret = seal(_checked_secret(row, secret)) if secret else ""
        row.secret_set_at = timezone.now() if secret else None
    row.save()
    # Processes keep compiled sources with their sealed secret.
    touch(row.workspace_id, [row.object_id])
    return row


def _check(author: Definer, row: ExternalSource) -> None:
    """InvalidInput says which setting is wrong, and why."""
    row.name = check_label("name", row.name)
    row.base_url = check_url(row.base_url)
    _check_header(row.auth_header)
    if not MIN_TIMEOUT <= row.timeout_seconds <= MAX_TIMEOUT:
        raise InvalidInput(
            f"expected {MIN_TIMEOUT:g} to {MAX_TIMEOUT:g} seconds.", at="timeout_seconds"
        )
    if not split_path(row.id_path):
        raise InvalidInput(
            "enter the path to the id in the upstream's records.", "required", at="id_path"
        )
    # Fields made earlier in this transaction can be mapped.
    schema = read_uncommitted(author.workspace.id).schema(row.object_id)
    mappable = {spec.name for spec in schema.fields if may_be_mapped(spec)}
    row.operations = {
        name: _checked_operation(name, operation, mappable)
        for name, operation in row.operations.items()
    }
    if row.mapping is not None:  # with none, every field is mapped to its own name
        row.mapping = _checked_mapping(row.mapping, mappable)


def _check_header(name: str) -> None:
    """InvalidInput unless the header is free for the secret, or there is none."""
    # A line break in the name would inject headers, and OURS are set for each request.
    if name and (not HEADER.fullmatch(name) or name.lower() in OURS):
        raise InvalidInput("a secret cannot be sent in this header.", at="auth_header")


def _checked_mapping(mapping: Mapping[str, str], mappable: set[str]) -> dict[str, str]:
    unknown = mapping.keys() - mappable
    if unknown:
        raise InvalidInput(
            f"these fields cannot be mapped: {', '.join(sorted(unknown)[:20])}.", at="mapping"
        )
    return {name: ".".join(split_path(path)) for name, path in mapping.items() if split_path(path)}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def check_url(url: str) -> str:
    """A base URL that may be called: TLS, a host that is not this network's own, no log-in in
    it."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", port_of(parts)
    # Bad ports and brackets raise only when they are read.
    except ValueError:
        raise InvalidInput("not a valid URL.", at="base_url") from None
    _check_parts(parts, host)
    opened = is_opened(host, port)
    # Plain HTTP only to hosts that the operator opened, such as a neighbour in their network.
    if parts.scheme != "https" and not (opened and parts.scheme == "http"):
        raise InvalidInput("expected a URL that starts with https://.", at="base_url")
    # Said early for addresses; names are resolved and checked at each call.
    if not opened and not may_be_public(host):
        raise InvalidInput(
            "this host is not allowed: it is not on the public internet, or not written as a "
            "domain name or an address in its usual form.",
            at="base_url",
        )
    return parts._replace(path=parts.path.rstrip("/")).geturl()


def _check_parts(parts: SplitResult, host: str) -> None:
    url = parts.geturl()
    if not re.fullmatch(r"[a-z0-9._:-]+", host):
        raise InvalidInput("expected a host; write it in ASCII (xn--…).", at="base_url")
    # It would be stored in plain text, and shown to every admin.
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("a user or password is not allowed; use the secret.", at="base_url")
    if set("?#") & set(url):
        raise InvalidInput(
            "a query is not allowed; add it to the paths of the operations.", at="base_url"
        )
    if (parts.path and not PATH.fullmatch(parts.path)) or set("{}\\") & set(url):
        raise InvalidInput(
            "placeholders are not allowed; add them to the paths of the operations.", at="base_url"
        )


def _checked_operation(name: str, given: Mapping[str, str], mappable: set[str]) -> dict[str, str]:
    if name not in ExternalOperation.values:
        raise InvalidInput(
            f"{quoted(name)} is not one of {', '.join(ExternalOperation.values)}.", at="operations"
        )
    method, path = given.get("method", "").upper(), given.get("path", "").strip()
    if method not in METHODS:
        raise InvalidInput(
            f"the method must be one of {', '.join(METHODS)}.", at=("operations", name)
        )
    if not PATH.fullmatch(path) or "#" in path or "\\" in path or len(path) > MAX_TEMPLATE:
        raise InvalidInput(
            "expected a path below the base URL, like /things/{external_id}.",
            at=("operations", name),
        )
    _check_placeholders(name, path, mappable)
    return {
        "method": method,
        "path": path,
        "response_path": ".".join(split_path(given.get("response_path", ""))),
    }


def _check_placeholders(name: str, path: str, mappable: set[str]) -> None:
    known = {"external_id"}
    if name == ExternalOperation.LIST:
        known = {"search", *PAGING, *(FIELD + field for field in mappable)}
    found = placeholders(path)
    # What is left after removing placeholders must hold no brace: an unpaired one is a typo.
    if found - known or set("{}") & set(re.sub(r"\{[^{}]*\}", "", path)):
        raise InvalidInput(
            f"the placeholders are {', '.join(sorted(known)[:40])}, in braces.",
            at=("operations", name),
        )
    if name in NEEDING_ID and "external_id" not in found:
        raise InvalidInput("the path must contain {external_id}.", at=("operations", name))
    # Only the query can leave out a parameter that has no value.
    if placeholders(path.partition("?")[0]) - {"external_id"}:
        raise InvalidInput(
            "use placeholders other than {external_id} only after the question mark.",
            at=("operations", name),
        )


def _checked_secret(row: ExternalSource, secret: str) -> str:
    if not row.auth_header:
        raise InvalidInput(
            "name the header that the secret is sent in.", "required", at="auth_header"
        )
    if not SECRET.fullmatch(secret):
        raise InvalidInput("expected at most 4,096 visible ASCII characters.", at="secret")
    return secret
