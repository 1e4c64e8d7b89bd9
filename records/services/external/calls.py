"""One call of an upstream: what is checked before it, the row it leaves, and what its answer
means."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from django.db import connection

from records.exceptions import ExternalConfig, ExternalError, InTransaction, NotFound, RecordsError
from records.models import CallOutcome, ExternalCall, ExternalOperation
from records.rehearsal import is_rehearsal
from records.services.access import Author
from records.services.catalogue import (
    PORTS,
    ObjectSchema,
    Operation,
    SourceSpec,
    not_offered,
)
from records.services.database import Unreadable, unseal

from .json_mapping import MISSING, fill, follow
from .limits import Closed, limits
from .sending import (
    Answer,
    Failed,
    Request,
    send,
)

READS = frozenset({ExternalOperation.GET, ExternalOperation.LIST})
AGENT = "Records"
LEAST_SECRET = 8  # a shorter text may stand in an answer by chance
APPLIED = "The change was made: read the record, and do not repeat it."
UNKNOWN = "The outcome is unknown: check before you repeat it."


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a source. `values` fill the template; `field_names` go into the call's
    row."""

    operation: ExternalOperation
    external_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    field_names: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer: all of it, and what stands at the operation's response path; None for an
    empty one."""

    status: int
    content: Any
    item: Any


def call_source(author: Author, schema: ObjectSchema, asked: Asked) -> Reply:
    """Ask the object's source. Must not be inside a transaction, which the upstream would keep
    open.

    ExternalConfig when the source does not declare the operation, ExternalError when the upstream
    fails, NotFound when it has no such record.
    """
    source = schema.external
    assert source is not None
    operation = source.operations.get(asked.operation)
    if operation is None:
        raise not_offered(schema, f"the operation {asked.operation.value!r}")
    if is_rehearsal():
        raise InTransaction(
            f"The records of {schema.name!r} are stored in an external source, which cannot be "
            "asked what it would do: dry runs are not supported."
        )
    if connection.in_atomic_block:
        raise InTransaction(
            f"The records of {schema.name!r} are stored in an external source; they cannot "
            "be part of a batch."
        )
    # Before the call's row: a request that cannot be built was never made.
    request = _request(source, operation, asked)
    # Stored before sending: a process killed in between leaves a trace of the call.
    noted = _note(author, schema, source, asked)
    _let_go_of_database()
    call = _Call(schema, asked, noted)
    try:
        # By host as well: a source whose URL was corrected starts with a clean record.
        with limits.admitted((source.uuid, source.host, source.port)) as admitted:
            reply = call.made(source, operation, request)
            admitted.failed = call.failed
    except Closed as closed:
        error = ExternalError(
            f"The upstream of {schema.name!r} {closed.why}.", retry_after=closed.seconds
        )
        raise call.ended(error) from None
    # Raised outside of `admitted`, which counts every exception as a failure of the upstream.
    if isinstance(reply, RecordsError):
        raise reply
    return reply


class _Call:
    """A call in progress; `failed` says whether it counts towards pausing calls to the upstream."""

    def __init__(self, schema: ObjectSchema, asked: Asked, noted: int) -> None:
        self.schema = schema
        self.asked = asked
        self.noted = noted
        self.failed = False
        self.answer: Answer | None = None
        self.begun = time.monotonic()

    def made(
        self, source: SourceSpec, operation: Operation, request: Request
    ) -> Reply | RecordsError:
        try:
            self.answer = answer = send(request)
            self._check_quiet(source, answer)
            if not 200 <= answer.status < 300:
                return self.ended(self._status_error(answer.status))
            reply = self._read(operation, answer)
        except Failed as failed:
            # Our own refusal to connect says nothing of the upstream's health.
            self.failed = not failed.forbidden
            return self.ended(self._failure(failed))
        self.ended(None)
        return reply

    def ended(self, error: RecordsError | None) -> RecordsError:
        """Complete the call's row, and give the error back."""
        # An answer that was refused while it was read left only its status, in the error.
        status = self.answer.status if self.answer is not None else getattr(error, "status", None)
        ExternalCall.objects.filter(workspace_id=self.schema.workspace_id, id=self.noted).update(
            status=status,
            answer_digest=sha256(self.answer.body).hexdigest() if self.answer is not None else "",
            outcome=CallOutcome.APPLIED
            if error is None
            else getattr(error, "outcome", CallOutcome.REFUSED),
            problem=error.detail[:500] if error is not None else "",
            milliseconds=int((time.monotonic() - self.begun) * 1000),
        )
        return error or RecordsError("")

    def _check_quiet(self, source: SourceSpec, answer: Answer) -> None:
        """An upstream that repeats what it was sent must not reveal the secret."""
        # Without the scheme, as in `Bearer …`: an echo may contain the token alone.
        token = _secret(source).rpartition(" ")[2]
        if len(token) >= LEAST_SECRET and token.encode() in answer.body:
            raise Failed("returned the secret that it was sent", sent=True, status=answer.status)

    def _read(self, operation: Operation, answer: Answer) -> Reply:
        if answer.status == 204 or not answer.body.strip():
            return Reply(answer.status, None, None)
        try:
            content = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise Failed(
                "returned something other than JSON", sent=True, status=answer.status
            ) from None
        item = follow(content, operation.response_path)
        # Deleting and cancelling return nothing that is needed.
        if item is MISSING and self.asked.operation not in (
            ExternalOperation.DELETE,
            ExternalOperation.CANCEL,
        ):
            path = ".".join(operation.response_path)
            raise Failed(
                f"sent a response that has nothing at {path!r}", sent=True, status=answer.status
            )
        return Reply(answer.status, content, item)

    def _failure(self, failed: Failed) -> RecordsError:
        why = f"The upstream of {self.schema.name!r} {failed.why}."
        if failed.forbidden:
            return ExternalConfig(why)
        # Reading changes nothing, whatever became of the request.
        if not failed.sent or self.asked.operation in READS:
            return ExternalError(f"{why} Nothing was changed.", status=failed.status)
        return ExternalError(
            f"{why} {UNKNOWN}", status=failed.status, outcome=CallOutcome.UNKNOWN.value
        )

    def _status_error(self, status: int) -> RecordsError:
        # Without an id it is the path of the source that does not exist.
        if status in (404, 410) and self.asked.external_id:
            return NotFound(
                f"The upstream of {self.schema.name!r} has no such record (it answered {status})."
            )
        # A refusal is an answer: only failures of the upstream pause calls to it.
        self.failed = status >= 500
        why = f"The upstream of {self.schema.name!r} answered {status}."
        # A client error means the upstream refused; 3xx and 5xx leave it open what it did.
        if 400 <= status < 500 or self.asked.operation in READS:
            return ExternalError(why, status=status)
        return ExternalError(f"{why} {UNKNOWN}", status=status, outcome=CallOutcome.UNKNOWN.value)


def _request(source: SourceSpec, operation: Operation, asked: Asked) -> Request:
    # An IPv6 address in a Host header needs brackets.
    host = f"[{source.host}]" if ":" in source.host else source.host
    headers = {
        "Host": host if source.port == PORTS[source.scheme] else f"{host}:{source.port}",
        "User-Agent": AGENT,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }
    secret = _secret(source)
    if secret:
        headers[source.auth_header] = secret
    body = b""
    if asked.body is not None:
        body = orjson.dumps(asked.body)
        headers["Content-Type"] = "application/json"
    # Some servers refuse a POST or PUT without a length, even an empty one.
    if body or operation.method != "GET":
        headers["Content-Length"] = str(len(body))
    values = (
        {**asked.values, "external_id": asked.external_id} if asked.external_id else asked.values
    )
    target = source.prefix + fill(operation.path, values)
    return Request(
        operation.method,
        source.scheme,
        source.host,
        source.port,
        target,
        headers,
        body,
        source.timeout,
    )


def _secret(source: SourceSpec) -> str:
    if not source.sealed_secret or not source.auth_header:
        return ""
    try:
        return unseal(source.sealed_secret)
    except Unreadable:
        raise ExternalConfig(
            f"The secret of {source.name!r} can no longer be decrypted; set it again."
        ) from None


def _note(author: Author, schema: ObjectSchema, source: SourceSpec, asked: Asked) -> int:
    """The row of a call that is about to be made."""
    row = ExternalCall.objects.create(
        workspace_id=author.workspace.id,
        object_id=schema.id,
        source_uuid=source.uuid,
        operation=asked.operation,
        external_id=asked.external_id,
        field_names=list(asked.field_names),
        author=author.member.id,
        api_key=author.api_key_id,
        door=author.source,
        request_id=author.request_id,
        operation_id=author.operation_id,
    )
    key: int = row.pk
    return key


def _let_go_of_database() -> None:
    """Return a pooled connection: other threads can use it during the wait for the upstream."""
    if connection.settings_dict.get("OPTIONS", {}).get("pool"):
        connection.close()
