"""What makes the cursors of the change feed belong to one database."""

from __future__ import annotations

from django.db import models


class FeedEpoch(models.Model):
    """The one row that says which history this database has; of the installation, not of a
    workspace.

    Cursors name the epoch they were made in. `system` is the PostgreSQL cluster that assigned the
    positions in the ledger; empty on SQLite. No backup has the row, so a restored database begins
    an epoch of its own.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField()
    system = models.CharField(max_length=32, blank=True)

    def __str__(self) -> str:
        return str(self.epoch)
