"""Objects whose records live elsewhere: where that is, and what was asked there."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from .columns import new_uuid
from .definitions import ObjectType
from .history import History
from .workspace import Workspace

MIN_TIMEOUT, DEFAULT_TIMEOUT, MAX_TIMEOUT = 0.1, 10.0, 30.0


class ExternalOperation(models.TextChoices):
    """What can be asked of a source."""

    GET = "get"
    LIST = "list"
    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    CANCEL = "cancel"


class ExternalSource(models.Model):
    """Where the records of an object live: an HTTP API that every operation on them is forwarded
    to.

    `operations` is `{operation: {method, path, response_path}}`, each path below `base_url`.
    `mapping` is `{API name of a field: path of its value in the upstream's record}`; null maps
    every field to its API name. `secret` is sealed, and in no history row.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.OneToOneField(
        ObjectType, on_delete=models.CASCADE, related_name="external_source"
    )
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField(max_length=255, help_text="What it is called in messages.")
    base_url = models.CharField("base URL", max_length=1000)
    auth_header = models.CharField(
        "header of the secret", max_length=64, default="Authorization", blank=True
    )
    secret = models.TextField(blank=True, editable=False)
    secret_set_at = models.DateTimeField(null=True, editable=False)
    timeout_seconds = models.FloatField(
        default=DEFAULT_TIMEOUT,
        validators=[MinValueValidator(MIN_TIMEOUT), MaxValueValidator(MAX_TIMEOUT)],
    )
    id_path = models.CharField("path of the id", max_length=255, default="id")
    total_path = models.CharField("path of the total", max_length=255, blank=True)
    operations: Any = models.JSONField(default=dict, blank=True)
    mapping: Any = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = History(excluded_fields=["secret"])

    def __str__(self) -> str:
        return self.name


class CallOutcome(models.TextChoices):
    """What became of what was asked."""

    APPLIED = "applied"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ExternalCall(models.Model):
    """One call of an external source: who asked what, and how it ended. It holds no value of any
    record.

    The row is made before the call, with the outcome unknown, and completed after it: no call goes
    without a row. `field_names` are the fields that were sent or asked about; `answer_digest` is
    the SHA-256 of the answer's body.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    object = models.ForeignKey(
        ObjectType, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    source_uuid = models.UUIDField()
    operation = models.CharField(max_length=8, choices=ExternalOperation.choices)
    external_id = models.CharField(max_length=255, blank=True)
    field_names = models.JSONField(default=list)
    author = models.BigIntegerField(null=True, help_text="The member who asked.")
    api_key = models.BigIntegerField(null=True, help_text="The key the member asked with.")
    door = models.CharField(max_length=16, help_text="Through which interface.")
    request_id = models.CharField(max_length=128, blank=True)
    operation_id = models.UUIDField()
    status = models.PositiveSmallIntegerField(
        null=True, help_text="The status the upstream answered with."
    )
    answer_digest = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(
        max_length=8, choices=CallOutcome.choices, default=CallOutcome.UNKNOWN
    )
    problem = models.CharField(max_length=500, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "object", "external_id", "-id"], name="external_call_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.external_id}".strip()
