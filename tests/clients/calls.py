"""Every operation of both documents, called once for each status of success that it has."""

from __future__ import annotations

from .calling import Call
from .records_calls import RECORDS
from .workspace_calls import WORKSPACE

CALLS: dict[str, list[Call]] = {"records": RECORDS, "workspace": WORKSPACE}
