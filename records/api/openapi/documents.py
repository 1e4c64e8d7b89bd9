"""The OpenAPI documents: which paths each holds, and what all of its operations share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from records.api.authentication import WorkspaceScheme
from records.registry import Registry

Schema = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """An OpenAPI document: the paths it describes, its security, its tags with what they are about,
    and the components that refusals, failures of external sources, and records are."""

    title: str
    description: str
    holds: Callable[[str], bool]
    security: list[dict[str, list[Any]]]
    tags: dict[str, str]
    refusal: str
    upstream: str
    record: str
    components: Registry[Schema] = field(default_factory=lambda: Registry("schema component"))


WORKSPACE_PATHS = "/api/v2/"
RECORDS = Document(
    "Records API",
    "Objects with typed fields, and their records. Every call sends `X-API-KEY`, "
    "`X-BUSINESS-ID` (the workspace) and"
    " `X-USER-ID` (the member): Authorize asks for them. With an admin session, "
    "`X-BUSINESS-ID` alone is enough.",
    lambda path: not path.startswith(WORKSPACE_PATHS),
    [{scheme: [] for scheme in WorkspaceScheme.headers}],
    {
        "records": "Records of an object.",
        "changes": "What happens in the workspace.",
        "files": "Files of records.",
        "custom-objects": "Objects, and their fields, options and categories.",
        "saved-views": "Saved filters, quick filters and columns of an object.",
        "pipelines": "The stages of pipelines.",
        "operations": "What was changed together, and taking it back.",
        "webhooks": "Where changes are sent, and what became of them.",
        "bulk": "Changes of many records, imports and exports.",
        "team": "The members of the workspace.",
        "roles": "Roles of members, and what they may do.",
        "auth": "What the caller may do.",
    },
    "Problem",
    "UpstreamProblem",
    "EntityRecordDetail",
)
WORKSPACE = Document(
    "Workspace API",
    "The same objects and records as in the Records API: objects are data types, ids are "
    "integers, values are plain."
    " Every call sends `Authorization: Bearer <api key>`. With an admin session, the UUID in "
    "the path is enough.",
    lambda path: path.startswith(WORKSPACE_PATHS),
    [{"apiKey": []}],
    {
        "records": "Records of a data type.",
        "changes": "What happens in the workspace.",
        "data types": "Data types and their fields.",
        "webhooks": "Where changes are sent, and what became of them.",
    },
    "ErrorResponse",
    "ErrorResponse",
    "DataRecordResponse",
)
