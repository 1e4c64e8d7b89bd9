"""Work that takes longer than a request, and how far it has come."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .columns import new_uuid
from .definitions import ObjectType
from .workspace import Workspace


class ImportRun(models.Model):
    """One import of a file into an object.

    `digest` is the SHA-256 of the file; `match_field` the API name of the field that rows were matched by, empty where
    every row is a new record.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    match_field = models.CharField(max_length=64, blank=True)
    operation_id = models.UUIDField(default=new_uuid, editable=False)
    report_path = models.CharField(max_length=4096)
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "object", "digest", "match_field"],
                condition=models.Q(finished_at=None),
                name="import_unfinished_unique",
            )
        ]
        indexes = [models.Index(fields=["workspace", "object", "digest"], name="import_file")]

    def __str__(self) -> str:
        return self.file_name


class ImportPart(models.Model):
    """The rows of a file that one process imports, and how far it has come.

    Each batch of rows and the progress it makes are stored in one transaction, so that an import that was interrupted
    goes on where it stopped. `report_bytes` is the size of the part's report of refused rows.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    rows_done = models.PositiveBigIntegerField(default=0)
    created_count = models.PositiveBigIntegerField(default=0)
    updated_count = models.PositiveBigIntegerField(default=0)
    unchanged_count = models.PositiveBigIntegerField(default=0)
    failed_count = models.PositiveBigIntegerField(default=0)
    report_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "run", "number"], name="import_part_unique")]

    def __str__(self) -> str:
        return f"{self.run}, part {self.number + 1}: {self.rows_done} rows"
