"""The OpenAPI documents: written down beside the views, word for word, and put together by
drf-spectacular."""

from .components import (
    PAGE,
    PAGE_SIZE,
    array,
    component,
    nullable,
    obj,
    one_of,
    or_null,
    page_of,
    ref,
)
from .documents import RECORDS, WORKSPACE, Document, Schema
from .generators import OperationSchema, RecordsGenerator, WorkspaceGenerator, complete
from .operations import (
    Decorator,
    View,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
)

__all__ = [
    "PAGE",
    "PAGE_SIZE",
    "RECORDS",
    "WORKSPACE",
    "Decorator",
    "Document",
    "OperationSchema",
    "RecordsGenerator",
    "Schema",
    "View",
    "WorkspaceGenerator",
    "array",
    "complete",
    "component",
    "json_body",
    "nullable",
    "obj",
    "one_of",
    "operation",
    "or_null",
    "page_of",
    "page_parameters",
    "path_parameter",
    "query_parameter",
    "ref",
]
