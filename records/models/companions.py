"""What stands beside a record and is counted or shown with it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .columns import new_uuid
from .record import Record
from .workspace import Member, Workspace


class Activity(models.Model):
    """Something scheduled with a record: a call, a meeting, a task."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    record = models.ForeignKey(
        Record, on_delete=models.CASCADE, related_name="activities", db_index=False
    )
    title = models.CharField(max_length=255)
    due_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "activities"
        indexes = [models.Index(fields=["workspace", "record", "due_at"], name="activity_due")]

    def __str__(self) -> str:
        return self.title


class Address(models.Model):
    """A postal address of a record."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    record = models.ForeignKey(
        Record, on_delete=models.CASCADE, related_name="addresses", db_index=False
    )
    street = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=255, blank=True)
    postal_code = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        verbose_name_plural = "addresses"
        indexes = [models.Index(fields=["workspace", "record"], name="address_record")]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, self.city, self.country) if part)


class EmailSuppression(models.Model):
    """An address that must not be written to."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    email = models.CharField(max_length=320, help_text="Casefolded.")
    reason = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "email"], name="suppression_email_unique")
        ]

    def __str__(self) -> str:
        return self.email


class RecordMember(models.Model):
    """An explicit association of a member with a record, beside its owner and team-selector
    values."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    record = models.ForeignKey(
        Record, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "record", "member"], name="record_member_unique"
            )
        ]

    def __str__(self) -> str:
        return str(self.member)


class LeadSource(models.Model):
    """How a record came to be known."""

    class Kind(models.TextChoices):
        ORGANIC_SEARCH = "organic_search", "Organic Search"
        DIRECT_TRAFFIC = "direct_traffic", "Direct Traffic"
        SITE_REFERRAL = "site_referral", "Site Referral"
        FACEBOOK_ADS = "facebook_ads", "Facebook Ads"
        GOOGLE_ADS = "google_ads", "Google Ads"
        SOCIAL = "social", "Social"
        PAID_SOCIAL = "paid_social", "Paid Social"
        UTM = "utm", "UTM"
        CUSTOM = "custom", "Custom"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    record = models.ForeignKey(
        Record, on_delete=models.CASCADE, related_name="lead_sources", db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "record", "kind"], name="lead_source_unique"
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Attachment(models.Model):
    """A file of a record, by a name that may be a path. `files` values of the record may refer to
    it.

    What it holds stands in the file storage under a name of ours; uploading the name again replaces
    it.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="attachments")
    record = models.ForeignKey(
        Record, on_delete=models.CASCADE, null=True, related_name="attachments", db_index=False
    )
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    file = models.FileField(upload_to="attachments/%Y/%m/", max_length=500)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=255, default="application/octet-stream")
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    created_by = models.BigIntegerField(null=True, help_text="The member who uploaded it.")
    is_confirmed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its sender has looked at it: its link takes no other bytes.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "record", "name"],
                condition=models.Q(record__isnull=False),
                name="attachment_name_unique",
            )
        ]

    def __str__(self) -> str:
        return self.name


class MovedCompanion(models.Model):
    """Where something that stands beside a record was before a merge, or its undo, moved it.

    `kind` is the table's model, `row` the key in it; a file that had to be renamed has a
    `former_name`.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    operation_id = models.UUIDField()
    kind = models.CharField(max_length=16)
    row = models.BigIntegerField()
    source = models.BigIntegerField()
    target = models.BigIntegerField()
    former_name = models.CharField(max_length=255, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "operation_id", "target"], name="moved_companion")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"
