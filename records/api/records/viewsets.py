"""What the endpoints of the Records API have in common."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse

from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput, RecordsError

from .responses import refused_write


class RecordsViewSet(ApiViewSet):
    """`writes` are the actions that answer 400 with an ErrorResponse."""

    area = "records"
    writes: ClassVar[frozenset[str]] = frozenset()

    def refuse(self, error: RecordsError) -> HttpResponse:
        if isinstance(error, InvalidInput) and self.action in self.writes:
            return refused_write(error)
        return super().refuse(error)
