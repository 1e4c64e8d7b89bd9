"""What happens when a pipeline record enters a stage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from records.models import StageStatus

from .object_schema import ObjectSchema
from .values import Change


def enter_stage(
    schema: ObjectSchema,
    before: Mapping[str, Any],
    values: dict[str, Any],
    changes: Mapping[int, Change],
    now: datetime,
) -> None:
    """Entering a won stage closes the record today, unless the request gives another close date."""
    stage, closed = schema.stage_field, schema.by_name.get("actual_close_date")
    if stage is None or closed is None or closed.id in changes:
        return
    entered = values.get(str(stage.id))
    if entered is None or entered == before.get(str(stage.id)):
        return
    option = stage.options.get(entered)
    if option is not None and option.stage_status == StageStatus.WON:
        values[str(closed.id)] = now.astimezone(closed.zone).date().isoformat()
