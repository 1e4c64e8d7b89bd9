"""Workspaces and who may do what in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from .columns import new_uuid
from .history import History, KeyedHistory


class Workspace(models.Model):
    """One tenant: its people, definitions and records are nobody else's.

    `definitions_version` grows with every change to members, roles, objects, fields and options, so
    that each process knows, from the query that authenticates a request, whether what it has
    compiled is still current.
    """

    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    region = models.CharField(
        max_length=2,
        default="US",
        help_text="Country whose national phone number format is understood.",
    )
    language = models.CharField(
        max_length=35,
        blank=True,
        default="",
        help_text="The language by whose alphabet texts are sorted, as a code such as sv or pt-BR. "
        "Empty: an order for all languages, accents last.",
    )
    definitions_version = models.PositiveBigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """What a kind of member may do; workspace admins may do everything."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="roles")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField(max_length=100)
    is_admin = models.BooleanField(default=False)
    is_default = models.BooleanField(
        "default for new members",
        default=False,
        help_text="New members get this role unless another is chosen. A workspace has one.",
    )
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="role_name_unique"),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(is_default=True),
                name="role_default_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A user in a workspace, with one role. The names, the address and the other details are the
    workspace's own copy; the user is who logs in.

    At least one of email, phone and external id says who it is.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="members")
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=32, blank=True, default="", help_text="In E.164 form.")
    external_id = models.CharField(
        max_length=255, blank=True, default="", help_text="What another system calls the member."
    )
    date_of_birth = models.DateField(null=True, blank=True)
    locale = models.CharField(
        max_length=35, blank=True, default="", help_text="A language tag, such as en or pt-BR."
    )
    labels = models.JSONField(default=list, blank=True)
    tos_accepted_at = models.DateTimeField(
        "terms accepted at", null=True, blank=True, editable=False
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    history = History(bases=[KeyedHistory])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="member_user_unique"),
            models.UniqueConstraint(
                "workspace", Lower("email"), condition=~Q(email=""), name="member_email_unique"
            ),
            models.UniqueConstraint(
                fields=["workspace", "external_id"],
                condition=~Q(external_id=""),
                name="member_external_id_unique",
            ),
            models.CheckConstraint(
                condition=~Q(email="") | ~Q(phone="") | ~Q(external_id=""),
                name="member_is_named",
                violation_error_message="One of email, phone and external id is needed.",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "phone"], name="member_phone")]

    def __str__(self) -> str:
        # Phones and external ids are for those who may read members; names are shown to all.
        name = f"{self.first_name} {self.last_name}".strip() or self.email
        return name or f"Member {self.pk or ''}".strip()


class Extent(models.TextChoices):
    """How far a grant reaches: no record, the member's own, or all."""

    NONE = "none"
    OWN = "own"
    ALL = "all"


class ObjectPermission(models.Model):
    """What a role may do with the records of one object. No row: nothing."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="object_permissions")
    object = models.ForeignKey("ObjectType", on_delete=models.CASCADE, related_name="permissions")
    create = models.BooleanField(default=False)
    view = models.CharField(max_length=4, choices=Extent.choices, default=Extent.NONE)
    edit = models.CharField(max_length=4, choices=Extent.choices, default=Extent.NONE)
    remove = models.CharField(max_length=4, choices=Extent.choices, default=Extent.NONE)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "role", "object"], name="object_permission_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} on {self.object}"


class FieldPermission(models.Model):
    """A switch that takes a field away from a role. No row: the field follows the object's
    grant."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="field_permissions")
    field = models.ForeignKey("Field", on_delete=models.CASCADE, related_name="permissions")
    view = models.BooleanField(default=True)
    edit = models.BooleanField(default=True)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "role", "field"], name="field_permission_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} on {self.field}"


class ApiKey(models.Model):
    """A program's credential. Only a digest of the secret is kept; the secret is shown once.

    A key without a member speaks for any active member of the workspace.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, null=True, blank=True, related_name="api_keys"
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, blank=True)
    self_access = models.BooleanField(
        "self-access",
        default=False,
        help_text="A key with read scopes alone is read-only: it writes nothing, through any API "
        "or tool. With self-access it may also create and change its member's own records through "
        "the Workspace API. Keys without scopes, and keys with a write scope, may do so anyway.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKey(models.Model):
    """An unsafe call that carried a key: what it asked (a digest), and what it was answered."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    caller = models.CharField(max_length=64, help_text="The API key, or the session's member.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(
        null=True, help_text="Empty while the call is in flight."
    )
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "caller", "key"], name="idempotency_key_unique"
            )
        ]

    def __str__(self) -> str:
        return self.key
