"""Puts the documents together, with what the views do not say."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from records.api.answers import JSON

from . import headers
from .components import ref
from .documents import RECORDS, WORKSPACE, Document, Schema
from .dry_runs import ANSWER, PARAMETER, add_dry_runs, parameter_of
from .operations import examples, required_bodies
from .refusals import REFUSALS, add_refusals, refusals_of

_ANSWERED = ("2", "3")


class RecordsGenerator(SchemaGenerator):
    """Makes a document of the paths that are its own."""

    document = RECORDS

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()  # type: ignore[no-untyped-call]
        self.endpoints = [
            endpoint for endpoint in self.endpoints or () if self.document.holds(endpoint[0])
        ]


class WorkspaceGenerator(RecordsGenerator):
    """Makes the Workspace API's document."""

    document = WORKSPACE


class OperationSchema(AutoSchema):
    """Says of an operation what follows from its view: the conditions and the idempotency key that
    it honours, and with them the headers and the refusals."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Schemas are written down whole: nothing is to be wrapped into a list."""
        return False

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        described: Schema | None = super().get_operation(*args, **kwargs)
        if described is not None:
            self._complete(described)
        return described

    def _complete(self, described: Schema) -> None:
        view: Any = self.view
        name = described["operationId"]
        document = next(each for each in (RECORDS, WORKSPACE) if each.holds(self.path))
        responses = described["responses"]
        keyed = any(described.setdefault("security", []))
        sends = self.method != "GET"
        changes = keyed and sends and view.action not in view.reads | view.sending
        asked = _conditions(view) if changes else []
        if _shows_record(responses, document) and not sends:
            asked = ["IfNoneMatch"]
            responses["304"] = {"description": "The caller has this version of the record."}
        if changes:
            asked = [PARAMETER, "ApplyPlan", "IdempotencyKey", *asked]
            if "204" in responses:
                responses["200"] = {
                    "description": "A dry run.",
                    "content": {JSON: {"schema": ref(ANSWER)}},
                }
            if "content" not in responses.get("200", {"content": {}}):
                responses["200"]["description"] = (
                    f"Done, without a body. A dry run answers a `{ANSWER}`."
                )
        # Uploads under a signed link are changes too.
        if sends and view.action not in getattr(view, "reads", ()):
            asked = [*asked, "Reason"]
        if asked:
            sent = described.setdefault("parameters", [])
            sent.extend(headers.parameter(name) for name in asked)
        _add_headers(responses, document, changes=changes)
        if view.action in getattr(view, "tagging", ()):
            responses["204"]["headers"] |= headers.OF_SENT_FILES
        add_refusals(
            responses,
            refusals_of(
                self.path,
                described,
                sends=sends,
                changes=changes,
                checks="IfMatch" in asked or view.action in getattr(view, "versioned", ()),
            ),
            document,
        )
        if name in required_bodies:
            described["requestBody"]["required"] = True
        if name in examples:
            described["requestBody"]["content"][JSON]["example"] = examples[name]


def _conditions(view: Any) -> list[str]:
    """The conditions that a change keeps."""
    if view.action in view.creating:
        return ["IfMatch", "IfNone"]
    return ["IfMatch"] if view.action in view.conditional else []


def _shows_record(responses: dict[str, Schema], document: Document) -> bool:
    return any(_is_record(response, document) for response in responses.values())


def _is_record(response: Schema, document: Document) -> bool:
    shown: Schema = response.get("content", {}).get(JSON, {}).get("schema", {})
    return shown == ref(document.record)


def _add_headers(responses: dict[str, Schema], document: Document, *, changes: bool) -> None:
    """Add the headers to responses that this operation describes itself."""
    for status, response in responses.items():
        sent = dict(headers.OF_ALL)
        if status == "304" or _is_record(response, document):
            sent |= headers.OF_RECORDS
        if changes and status.startswith("2"):
            sent |= headers.OF_CHANGES
        if status == "200" and JSON not in response.get("content", {JSON: {}}):
            sent |= headers.OF_FILES
        response["headers"] = sent


def complete(result: Schema, generator: RecordsGenerator, **_: Any) -> Schema:
    """Add what the operations share: title, servers, tags, components and security."""
    document = generator.document
    result["info"].update(
        title=document.title, description=document.description, license={"name": "MIT"}
    )
    result["servers"] = [{"url": "/"}]
    result["tags"] = [{"name": name, "description": about} for name, about in document.tags.items()]
    components = result["components"]
    schemas = components.setdefault("schemas", {})
    schemas.update(zip(document.components, document.components.values(), strict=True))
    _add_used(
        "responses", {each.name: each.response(document) for each in REFUSALS.values()}, result
    )
    add_dry_runs(result, document)
    parameters = {**headers.PARAMETERS, PARAMETER: parameter_of(document)}
    _add_used("parameters", parameters, result)
    _add_used("headers", headers.HEADERS, result)
    result["security"] = document.security
    return result


def _add_used(kind: str, named: dict[str, Schema], result: Schema) -> None:
    """Add those components that the document refers to by now."""
    written = json.dumps(result, default=str)
    result["components"][kind] = {
        name: described
        for name, described in named.items()
        if f'"#/components/{kind}/{name}"' in written
    }
