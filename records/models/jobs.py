"""Work that takes longer than a request, and how far it has come."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Value
from django.utils import timezone

from .columns import Document, new_uuid
from .definitions import ObjectType
from .workspace import Member, Workspace


class JobStatus(models.TextChoices):
    """How far a job is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """Work on many records at once, done in batches: where it stands is stored with each of them.

    `position` is where the next batch begins; what it counts depends on the kind. Whoever works on
    a job holds a lease on it until `leased_until`: a job whose worker was killed is taken up by
    another when the lease has run out. `failures` holds the first thousand refusals. `undoes` is
    the operation that a job takes back.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    kind = models.CharField(max_length=32)
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="+", null=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=16)
    api_key = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    operation_id = models.UUIDField(default=new_uuid, editable=False)
    undoes = models.UUIDField(null=True, editable=False)
    parameters: Any = Document(default=dict)
    result: Any = Document(default=dict)
    failures: Any = Document(default=list)
    status = models.CharField(max_length=9, choices=JobStatus.choices, default=JobStatus.PENDING)
    total = models.PositiveBigIntegerField(default=0)
    position = models.PositiveBigIntegerField(default=0)
    success_count = models.PositiveBigIntegerField(default=0)
    failed_count = models.PositiveBigIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="job_list"),
            models.Index(fields=["workspace", "operation_id"], name="job_operation"),
            models.Index(
                fields=["workspace", "undoes"],
                condition=models.Q(undoes__isnull=False),
                name="job_undoes",
            ),
            models.Index(
                fields=["leased_until"], condition=models.Q(finished_at=None), name="job_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class LeftOut(models.Model):
    """A field, or with `field` null a whole record, that an undo left as it was, and why: stored
    with its batch. It holds no values; `record` may have been deleted permanently since."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+", db_index=False)
    object = models.BigIntegerField()
    record = models.BigIntegerField()
    field = models.BigIntegerField(null=True)
    code = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["workspace", "job", "id"], name="left_out_job")]

    def __str__(self) -> str:
        return f"{self.record}.{self.field}: {self.code}"


class ImportUpload(models.Model):
    """A file that waits to be imported, as it came.

    `encoding` is that of a CSV file, or `xlsx`; it is empty where an earlier release kept the file
    as CSV in UTF-8. `reading` is how else the file is read: its delimiter, sheet and header row.
    `row_count` is null until a job has counted the rows of a long file.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    file = models.FileField(max_length=500)
    encoding = models.CharField(max_length=255, blank=True, default="")
    reading = models.JSONField(default=dict)
    header = models.JSONField()
    samples = models.JSONField()
    row_count = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.file_name


class ImportRun(models.Model):
    """One import of a file into an object.

    `digest` is the SHA-256 of the file; `match_field` the API name of the field that rows were
    matched by, empty where every row is a new record. `report_path` is where a finished run has its
    report of refused rows: an absolute path of the machine that ran the command, or a job's name in
    the file storage.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    match_field = models.CharField(max_length=64, blank=True)
    operation_id = models.UUIDField(default=new_uuid, editable=False)
    report_path = models.CharField(max_length=4096, blank=True)
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

    Each batch of rows and the progress it makes are stored in one transaction, so that an import
    that was interrupted goes on where it stopped. `readings` counts by header and note the cells
    that were read as other than is written. `report_bytes` is for processes of 0.1 that run
    while the database is upgraded.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    rows_done = models.PositiveBigIntegerField(default=0)
    created_count = models.PositiveBigIntegerField(default=0)
    updated_count = models.PositiveBigIntegerField(default=0)
    unchanged_count = models.PositiveBigIntegerField(default=0)
    failed_count = models.PositiveBigIntegerField(default=0)
    readings = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    report_bytes = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "run", "number"], name="import_part_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run}, part {self.number + 1}: {self.rows_done} rows"


class RefusedRow(models.Model):
    """Why a row of a file, or one cell of it, was not imported: stored with its batch, until the
    report is made."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="refused", db_index=False
    )
    line = models.PositiveBigIntegerField()
    field = models.TextField(blank=True)
    code = models.CharField(max_length=64)
    message = models.TextField()
    value = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "run", "line", "id"], name="refused_row_run")]

    def __str__(self) -> str:
        return f"{self.run}, line {self.line}"
