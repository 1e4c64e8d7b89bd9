"""Records: one document, one typed index, one ledger (see README, "How it is stored")."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .columns import Document, ExactNumber, NormalText, new_uuid
from .definitions import Field, ObjectType
from .history import History
from .workspace import Member, Workspace


class RecordState(models.TextChoices):
    """Where a record is in its life."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


class Source(models.TextChoices):
    """Through which door a change came."""

    RECORDS_API = "records_api"
    WORKSPACE_API = "workspace_api"
    MCP = "mcp"
    ADMIN = "admin"
    IMPORT = "import"
    COMMAND = "command"


class LedgerEntry(models.Model):
    """What the ledger says of one write to one record, beside simple-history's own columns.

    `changes` is `{field id: [old, new]}` in the document's normal form; of a record that was
    deleted for good it is `{"own": [members whose own it was]}`. `operation_id` is shared by
    everything one request, job or import changed.
    """

    changes: Any = Document(default=dict)
    operation_id = models.UUIDField()
    source = models.CharField(max_length=16, choices=Source.choices)
    action = models.CharField(max_length=16)
    author = models.BigIntegerField(null=True, help_text="The member who wrote.")
    api_key = models.BigIntegerField(null=True, help_text="The key the member wrote with.")
    request_id = models.CharField(max_length=128, blank=True)

    class Meta:
        abstract = True


class Ledger(History):
    """simple-history's table of Record, kept by one key: who reads the ledger reads that of one
    record, in order.

    Of the copied columns none has an index of its own, as nobody looks rows up by them and each
    would be paid for at every write; that versions are unique makes "version = number of rows" a
    constraint. The index of operations lists them newest first, as their ids begin with the time,
    and the rows of each by object.
    """

    def _get_history_user_fields(self) -> dict[str, Any]:
        user: Any = super()._get_history_user_fields()["history_user"]
        user.db_index = False
        return {"history_user": user}

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        key = models.UniqueConstraint(
            fields=["workspace", "id", "version"], name="ledger_version_unique"
        )
        operations = models.Index(
            fields=["workspace", "operation_id", "object", "history_id"], name="ledger_operation"
        )
        return {
            **super().get_meta_options(model),
            "constraints": [key],
            "indexes": [operations],
        }


class Record(models.Model):
    """A record. `values` is the truth: `{field id: value in normal form}`; everything else serves
    finding it.

    `version` is the number of rows the ledger has of it. A record in the trash (deleted) has its
    document, but holds no name: its identifier is empty, and the index keeps none of its values
    unique. One that was merged into another is archived; its ids lead to that one. Foreign keys
    carry no index of their own where a composite one below serves.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    object = models.ForeignKey(
        ObjectType, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    values: Any = Document(default=dict)
    identifier = NormalText(null=True, blank=True)
    display_name = models.TextField(blank=True)
    display_key = NormalText(blank=True)
    external_source = models.CharField(max_length=255, blank=True, default="")
    external_id = models.CharField(max_length=255, null=True, blank=True)
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=8, choices=RecordState.choices, default=RecordState.ACTIVE)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    assignment_task_id = models.BigIntegerField(
        null=True, blank=True, help_text="A task elsewhere; only kept."
    )
    merged_into = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="The key of the record that this one, archived, was merged into.",
    )
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField(null=True)
    updated_by = models.BigIntegerField(null=True)
    history = Ledger(
        bases=[LedgerEntry],
        user_db_constraint=False,
        no_db_index=["id", "uuid", "workspace", "object", "member", "owner"],
        excluded_fields=[
            "values",
            "identifier",
            "display_name",
            "display_key",
            "created_at",
            "updated_at",
            "created_by",
            "updated_by",
        ],
    )

    class Meta:
        constraints = [
            # With a condition: PostgreSQL takes what is unique without one for a key, and who
            # changes a key waits for everybody who links to the record.
            models.UniqueConstraint(
                fields=["workspace", "object", "identifier"],
                condition=Q(identifier__isnull=False),
                name="record_identifier_unique",
            ),
            models.UniqueConstraint(
                fields=["workspace", "object", "external_source", "external_id"],
                condition=Q(state="active", external_id__isnull=False),
                name="record_external_unique",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "object", "external_source", "external_id"],
                condition=Q(state="archived", external_id__isnull=False),
                name="record_external_archived",
            ),
            models.Index(
                fields=["workspace", "object", "id"],
                condition=Q(state="deleted"),
                name="record_trash",
            ),
            models.Index(
                fields=["workspace", "object", "id"],
                condition=Q(state="active"),
                name="record_live",
            ),
            models.Index(
                fields=["workspace", "object", "created_at", "id"],
                condition=Q(state="active"),
                name="record_created",
            ),
            models.Index(
                fields=["workspace", "object", "updated_at", "id"],
                condition=Q(state="active"),
                name="record_updated",
            ),
            models.Index(
                fields=["workspace", "object", "display_key", "id"],
                condition=Q(state="active"),
                name="record_display",
            ),
            models.Index(
                fields=["workspace", "member", "object"],
                condition=Q(member__isnull=False, state="active"),
                name="record_member_live",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or str(self.uuid)


def _covering(column: str) -> models.Index:
    """The index by which records are found, counted and sorted by one typed column alone."""
    return models.Index(
        fields=["workspace", "field", column, "record"],
        condition=Q(**{f"{column}__isnull": False, "live": True}),
        name=f"value_{column}",
    )


class FieldValue(models.Model):
    """The typed index: one row per stored scalar, derived from the documents and rebuilt by
    `reindex`.

    Exactly one typed column is set. `text` is the first 255 characters of the text as it is
    compared, `overflow` the whole of it where it is longer. `unique_key` is set on fields whose
    values are unique. The rows are derived, so they carry no foreign key constraints;
    `check_records` proves them.
    """

    pk = models.CompositePrimaryKey("record", "field", "position")
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, db_constraint=False, db_index=False
    )
    record = models.ForeignKey(
        Record, on_delete=models.CASCADE, related_name="index", db_constraint=False, db_index=False
    )
    field = models.ForeignKey(
        Field, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField(default=0)
    text = NormalText(null=True)
    overflow = NormalText(null=True)
    number = ExactNumber(null=True)
    moment = models.DateTimeField(null=True)
    option = models.BigIntegerField(null=True)
    related_record = models.BigIntegerField(null=True)
    member = models.BigIntegerField(null=True)
    attachment = models.BigIntegerField(null=True)
    unique_key = NormalText(null=True)
    live = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "field", "unique_key"],
                condition=Q(unique_key__isnull=False),
                name="value_unique",
            )
        ]
        indexes = [
            *(
                _covering(name)
                for name in ("text", "number", "moment", "option", "related_record", "member")
            ),
            models.Index(
                fields=["workspace", "field", "related_record", "record"],
                condition=Q(related_record__isnull=False, live=False),
                name="value_related_aside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}.{self.field_id}[{self.position}]"


def _passing(column: str) -> models.Index:
    """The index by which records are found that entered, or left, a stage at some time."""
    return models.Index(
        fields=["workspace", "stage", column, "record"],
        condition=Q(**{f"{column}__isnull": False}),
        name=f"stage_{column}",
    )


class StageTime(models.Model):
    """When a record last entered a stage of its pipeline, and when it last left it.

    Derived from the ledger and rebuilt by `reindex`. The last time is that of the highest version,
    whatever the clocks of the writers said. As rows of the typed index, these carry no foreign key
    constraints; `check_records` proves them.
    """

    pk = models.CompositePrimaryKey("record", "stage")
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    record = models.ForeignKey(
        Record,
        on_delete=models.CASCADE,
        related_name="stage_times",
        db_constraint=False,
        db_index=False,
    )
    stage = models.BigIntegerField()
    entered_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [_passing("entered_at"), _passing("left_at")]

    def __str__(self) -> str:
        return f"{self.record_id} in {self.stage}"
