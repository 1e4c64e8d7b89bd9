"""What every endpoint of every API does before and after its own work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from rest_framework import viewsets

from records.exceptions import InvalidInput, NotFound, RecordsError
from records.http import note_caller, note_standing, receive
from records.services.access import Author, check_scope, check_writes, renewed, with_reason
from records.services.database import repeated_when_lost, unavailable_when_faulty

from .authentication import WorkspaceAuthentication
from .dry_runs import PLAN, RECORDS_FORM, DryRunForm, foretold_answer, is_dry_run, planned_answer
from .errors import MethodNotAllowed, refusal
from .etags import check_unconditional
from .idempotency import answer_once, check_key
from .reasons import REASON, sent_reason

SAFE_METHODS = ("get", "head")
_PLAN = f"HTTP_{PLAN.upper().replace('-', '_')}"
OPERATION_ID = "X-Operation-ID"
SENDS = "this call sends a message each time, and stores nothing; omit it."


class ApiViewSet(viewsets.ViewSet):
    """Authenticates the caller once, checks the key's scope, and turns what the core refuses into
    responses.

    Views get Django's request and answer Django's responses: the framework's content negotiation,
    parsers, renderers, permissions and throttles cost half a millisecond a request and are passed
    by. `area` is what keys are scoped by, empty for what every key may ask; `reads` are the POSTs
    that change nothing. `conditional` are the changes that keep `If-Match`, `creating` those that
    keep `If-None-Match` too: a header that would be ignored is refused. `defines`: it
    changes definitions, which `shown` shows; changes of records are noted where they are stored.
    """

    authentication_classes = [WorkspaceAuthentication]
    area: ClassVar[str]
    reads: ClassVar[frozenset[str]] = frozenset()
    conditional: ClassVar[frozenset[str]] = frozenset()
    creating: ClassVar[frozenset[str]] = frozenset()
    # Those whose body may say at which version a record is to be.
    versioned: ClassVar[frozenset[str]] = frozenset()
    # Those that say more in a dry run than what they would write, and see to it themselves.
    foretelling: ClassVar[frozenset[str]] = frozenset()
    # Those that send something and store nothing: there is nothing to foretell, or to keep.
    sending: ClassVar[frozenset[str]] = frozenset()
    # Keys of answers that are different at each try: no plan compares them.
    unforetold: ClassVar[frozenset[str]] = frozenset()
    dry_runs: ClassVar[DryRunForm] = RECORDS_FORM
    defines: ClassVar[bool] = False
    author: Author
    action_map: dict[str, str]

    _authentication = WorkspaceAuthentication()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        method = (request.method or "").lower()
        self.action = self.action_map.get(method, "")
        try:
            if not self.action:
                raise MethodNotAllowed(self.action_map)
            if method in SAFE_METHODS or self.action in self.reads:
                with unavailable_when_faulty():
                    return repeated_when_lost(lambda: self._read(request, dict(kwargs)))
            return self._write(request, kwargs)
        except RecordsError as error:
            return self.refuse(error)

    def authenticate(self, request: HttpRequest, kwargs: dict[str, Any]) -> Author:
        """The author of the request; `kwargs` are the path's, of which an API may take its own."""
        return self._authentication.authenticate(request)[0]

    def _read(self, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
        self.author = self.authenticate(request, kwargs)
        self._note_caller(request)
        self._check_scope("read")
        receive(request)
        response: HttpResponse = getattr(self, self.action)(request, **kwargs)
        return response

    def _write(self, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
        """Carry a change out, once. Until the caller is known nothing can have been changed."""
        view, sent = getattr(self, self.action), dict(kwargs)

        def authenticate() -> Author:
            sent.update(kwargs)
            return self.authenticate(request, sent)

        with unavailable_when_faulty():
            self.author = repeated_when_lost(authenticate)
        self._note_caller(request)
        self._check_scope("write")
        check_writes(self.author)
        if self.action not in self.creating:
            kept = ("If-Match",) if self.action in self.conditional else ()
            check_unconditional(request, *{"If-Match", "If-None-Match"}.difference(kept))
        self.author = with_reason(self.author, sent_reason(request), REASON)
        receive(request)  # before anything is locked for it
        if self.action in self.sending:
            return self._send(request, sent)
        is_dry = self.is_dry(request)
        with unavailable_when_faulty(changing=not is_dry):
            if is_dry and self.action in self.foretelling:
                check_key(request)
                told: HttpResponse = view(request, **sent)
                return told
            if is_dry:
                return foretold_answer(self, request, sent)
            if _PLAN in request.META:
                return planned_answer(self, request, sent)
            return answer_once(self.author, request, lambda: self.named(view(request, **sent)))

    def _send(self, request: HttpRequest, sent: dict[str, Any]) -> HttpResponse:
        """Let the action send something; a lost database leaves nothing of ours unknown."""
        if self.is_dry(request):
            raise InvalidInput(SENDS, at=self.dry_runs.key)
        for name in (PLAN, "Idempotency-Key"):
            if name in request.headers:
                raise InvalidInput(SENDS, at=name)
        with unavailable_when_faulty():
            response: HttpResponse = getattr(self, self.action)(request, **sent)
            return response

    def is_dry(self, request: HttpRequest) -> bool:
        """Whether the write is only tried."""
        return is_dry_run(request, self.dry_runs)

    def named(self, response: HttpResponse) -> HttpResponse:
        """The response, with the name under which the change is found, and can be undone."""
        response.headers[OPERATION_ID] = str(self.author.operation_id)
        return response

    def _note_caller(self, request: HttpRequest) -> None:
        note_standing(request, self.author.standing)
        if self.author.api_key_id is not None:
            note_caller(request, "workspace", self.author.workspace.id)

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]:
        """The definition that the path leads to, by its parameters, as this API shows it; NotFound
        where there is none."""
        raise NotFound

    def renew(self) -> None:
        """Definitions changed: go on with what they are now."""
        self.author = renewed(self.author)

    def _check_scope(self, level: str) -> None:
        if self.area:
            check_scope(self.author, self.area, level)

    def refuse(self, error: RecordsError) -> HttpResponse:
        """The response to a refused request; an API whose writes answer in a form of their own
        overrides this."""
        return refusal(error)
