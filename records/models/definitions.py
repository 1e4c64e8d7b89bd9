"""What a workspace's records look like: objects, fields, options, categories."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .columns import new_uuid
from .history import History
from .workspace import Workspace


class ObjectKind(models.TextChoices):
    """What the records of an object are."""

    STANDARD = "standard"
    PIPELINE = "pipeline"
    CONTACT = "contact"


class ObjectType(models.Model):
    """A kind of record (customers, incidents, invoices).

    `identifier_field` names the field whose value is unique in the object, archived records
    included, and by which records are looked up and upserted; None where records have no name.
    `slug` is the API name as the Workspace API was sent it; empty where it is the name itself.
    `schema_version` grows with every change to the object, its fields and options. An open object
    takes properties that it has no field for: each makes one.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="object_types")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField("API name", max_length=64)
    slug = models.CharField(max_length=64, blank=True, default="", editable=False)
    object_name = models.CharField("plural label", max_length=255)
    entity_name = models.CharField("singular label", max_length=255)
    object_type = models.CharField(
        max_length=8, choices=ObjectKind.choices, default=ObjectKind.STANDARD
    )
    description = models.TextField(blank=True)
    is_custom = models.BooleanField(default=True, editable=False)
    default_color = models.CharField(max_length=32, blank=True)
    default_icon = models.CharField(max_length=64, blank=True)
    identifier_field = models.ForeignKey(
        "Field", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    display_pattern = models.CharField(
        max_length=255, blank=True, help_text="For instance: {wildlife_species} at {airport}"
    )
    is_collection = models.BooleanField(
        default=True, help_text="Whether a member may have more than one of its records."
    )
    prompt = models.TextField(
        blank=True, default="", help_text="Instructions for agents that fill in its records."
    )
    is_pinned = models.BooleanField(
        "pinned", default=False, help_text="Shown on start pages, and to agents."
    )
    schema_version = models.PositiveBigIntegerField(default=1, editable=False)
    is_open = models.BooleanField(
        "open",
        default=False,
        help_text="Agents that write a property nobody has defined make a field of it.",
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = History(excluded_fields=["schema_version"])

    class Meta:
        verbose_name = "object"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="object_name_unique")
        ]

    def __str__(self) -> str:
        return self.object_name


class FieldCategory(models.Model):
    """A heading under which an object's fields are shown."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="categories")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField(max_length=255)
    order = models.PositiveIntegerField(default=0)
    history = History()

    class Meta:
        verbose_name_plural = "field categories"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "object", "name"], name="category_name_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class RelationKind(models.TextChoices):
    """How a relationship field links; each kind has the mirror it creates on the other object."""

    ONE_TO_ONE = "one_to_one"
    PRIMARY = "primary"
    PRIMARY_FOR = "primary_for"
    ADDITIONAL = "additional"
    ADDITIONAL_FOR = "additional_for"


class Field(models.Model):
    """One typed property of an object's records.

    `settings` holds what its type needs (currency, limits, scale, region). A relationship's links
    are stored on one side only: `mirror_of` is set on the side that is derived. `computed` names
    the rule that fills a field nobody writes. Fields that were deleted stay as rows, so that
    history remains readable.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="fields")
    category = models.ForeignKey(
        FieldCategory, on_delete=models.SET_NULL, null=True, blank=True, related_name="fields"
    )
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField("API name", max_length=64)
    display_name = models.CharField("label", max_length=255)
    description = models.TextField(blank=True)
    field_type = models.CharField(max_length=32)
    settings = models.JSONField(default=dict, blank=True)
    default_value = models.JSONField(null=True, blank=True)
    is_required = models.BooleanField(default=False)
    is_read_only = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    is_unique = models.BooleanField(default=False)
    is_admin_only = models.BooleanField(
        default=False, help_text="Only workspace admins see and set it."
    )
    is_external_id = models.BooleanField(
        default=False, help_text="Its value is the record's external id."
    )
    validation = models.TextField(
        blank=True,
        default="",
        max_length=1000,
        help_text="An expression that must be true of each value, like value > 0.",
    )
    validation_message = models.CharField(
        blank=True,
        default="",
        max_length=255,
        help_text="What people are told whose value breaks it.",
    )
    should_index = models.BooleanField(
        default=True, help_text="Wished for; every field is indexed."
    )
    is_default = models.BooleanField(default=False, editable=False)
    is_deletable = models.BooleanField(default=True, editable=False)
    allows_empty = models.BooleanField(default=True)
    computed = models.CharField(max_length=32, blank=True, editable=False)
    relation_kind = models.CharField(
        max_length=16, choices=RelationKind.choices, blank=True, editable=False
    )
    related_object = models.ForeignKey(
        ObjectType,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    mirror_of = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="mirror",
        editable=False,
    )
    order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    history = History()

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "object", "name"],
                condition=models.Q(deleted_at=None),
                name="field_name_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.display_name} ({self.object})"


class StageStatus(models.TextChoices):
    """What it means for a pipeline record to be in a stage."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    DISQUALIFIED = "disqualified"


class FieldOption(models.Model):
    """One of the values a choice field offers; a pipeline's stages are the options of its `stage`
    field.

    Deleted options stay as rows, so that history remains readable.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="options")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField(max_length=255)
    name_key = models.CharField(
        max_length=255, editable=False, help_text="The name as it is compared."
    )
    code = models.CharField(max_length=255)
    order = models.PositiveIntegerField(default=0)
    stage_status = models.CharField(max_length=12, choices=StageStatus.choices, blank=True)
    percentage = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Chance to close of the records in this stage."
    )
    by_hand = models.BooleanField(
        default=True,
        editable=False,
        help_text="Part of the definition; else made by a record, as tags are.",
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    history = History()

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "field", "name_key"],
                condition=models.Q(deleted_at=None),
                name="option_name_unique",
            ),
            models.UniqueConstraint(
                fields=["workspace", "field", "code"],
                condition=models.Q(deleted_at=None),
                name="option_code_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name
