"""Signs of life."""

from __future__ import annotations

from django.db import models


class WorkerBeat(models.Model):
    """When a worker last said that it is alive, by the database's clock; of the installation, not
    of a workspace."""

    name = models.CharField(max_length=255, unique=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
