"""The history of a model's rows, with what simple-history makes again and again made once."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import models
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from .columns import SmallKey

MAX_REASON = 500  # characters


def acting_key() -> int | None:
    """The API key by which the one who signs writes, if any."""
    key: int | None = getattr(getattr(HistoricalRecords.context, "request", None), "api_key", None)
    return key


class KeyedHistory(models.Model):
    """History that also says by which API key something was changed."""

    api_key = models.BigIntegerField(
        null=True, default=acting_key, editable=False, help_text="The key it was changed with."
    )

    class Meta:
        abstract = True


class _OneManager(HistoryManager):  # type: ignore[misc]  # simple-history has no types
    """The library makes a new class of manager whenever `history` is looked at: twice at each
    write, for a millisecond."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        return super().from_queryset(queryset_class, class_name)


class History(HistoricalRecords):  # type: ignore[misc]  # simple-history has no types
    """simple-history's table of a model."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            history_manager=_OneManager,
            history_change_reason_field=models.CharField(max_length=MAX_REASON, null=True),
            **options,
        )

    def get_change_reason_for_object(self, instance: Any, history_type: str, using: Any) -> Any:
        """Why the one who signs wrote; the library would look on the instance alone."""
        reason = super().get_change_reason_for_object(instance, history_type, using)
        signed: Any = getattr(self.context, "request", None)
        return reason or getattr(signed, "reason", "") or None

    def _get_history_id_field(self) -> SmallKey:
        return SmallKey(primary_key=True)
