"""Counts of requests and of failures, for limits."""

from __future__ import annotations

from django.db import models


class RateCount(models.Model):
    """How much of a limit is used up; of the installation, not of a workspace.

    `key` has the limit and a digest of whom it counts, and `ends_at` is when it begins anew, in
    seconds since 1970.
    """

    key = models.CharField(max_length=255, primary_key=True)
    count = models.BigIntegerField()
    ends_at = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key
