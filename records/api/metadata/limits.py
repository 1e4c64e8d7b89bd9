"""How much may be asked for at once, how often, and how large."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.pagination import DEFAULT_SIZE, MAX_SIZE
from records.api.records.batch import MAX_ITEMS
from records.api.viewsets import ApiViewSet
from records.services.access import request_limits
from records.services.files import MAX_FILES
from records.services.jobs import MAX_RECORDS, MAX_UNFINISHED
from records.services.search import MAX_CLAUSES, MAX_DEPTH, MAX_KEYS
from records.services.shaping import MAX_FIELDS, MAX_OBJECTS

from . import documentation


class LimitsViewSet(ApiViewSet):
    """The limits of this installation, so that programs need not try them out."""

    area = ""

    @documentation.limits
    def retrieve(self, request: HttpRequest) -> HttpResponse:
        return json_answer(
            {
                "page_size": {"default": DEFAULT_SIZE, "max": MAX_SIZE},
                "batch_items": MAX_ITEMS,
                "job_records": MAX_RECORDS,
                "unfinished_jobs": MAX_UNFINISHED,
                "filter_clauses": MAX_CLAUSES,
                "filter_depth": MAX_DEPTH,
                "sort_keys": MAX_KEYS,
                "objects": MAX_OBJECTS,
                "object_fields": MAX_FIELDS,
                "body_bytes": settings.RECORDS_MAX_BODY,
                "attachment_bytes": settings.ATTACHMENT_MAX_BYTES,
                "record_attachments": MAX_FILES,
                "import_bytes": settings.IMPORT_MAX_BYTES,
                "import_rows": settings.IMPORT_MAX_ROWS,
                "import_columns": settings.IMPORT_MAX_COLUMNS,
                "rate_limits": _rate_limits(),
            }
        )


def _rate_limits() -> list[dict[str, Any]]:
    return [
        {"counts": counts, "requests": amount, "seconds": seconds}
        for counts, (amount, seconds) in request_limits().items()
    ]
