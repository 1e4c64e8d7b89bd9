"""Saved views of an object's records, and the layout of their pages."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .columns import JsonText, new_uuid
from .definitions import ObjectType
from .history import History
from .workspace import Member, Role, Workspace


class ViewKind(models.TextChoices):
    """How a view shows records."""

    GRID = "grid"
    BOARD = "board"


class SavedView(models.Model):
    """A way to look at an object's records, under a name.

    Its parts are a saved filter, a quick filter and columns, each as it was sent; null where it has
    no such part. A name is unique among the views with the same part. `owner` is null once the
    member was erased. `team_level` is what every member may do with it, `shares` what more roles
    and members may: `{"roles": {primary key: level}, "members": {…}}`. A private one is its
    owner's alone.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=8, choices=ViewKind.choices, default=ViewKind.GRID)
    owner = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    is_private = models.BooleanField(default=False)
    team_level = models.PositiveSmallIntegerField(default=1)
    shares: Any = JsonText(default=dict)
    filter: Any = JsonText(null=True)
    filter_hidden = models.BooleanField(default=False)
    quick_filter: Any = JsonText(null=True)
    quick_count = models.PositiveIntegerField(null=True)
    columns: Any = JsonText(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "object", "name"],
                condition=Q(**{f"{part}__isnull": False}),
                name=f"view_{part}_name_unique",
            )
            for part in ("filter", "quick_filter", "columns")
        ]

    def __str__(self) -> str:
        return self.name


class ViewDefault(models.Model):
    """The view that a member, or every member of a role, is shown first. A member's own comes
    before that of their role."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="+")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, null=True, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="+")
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "object", whose],
                condition=Q(**{f"{whose}__isnull": False}),
                name=f"view_default_{whose}_unique",
            )
            for whose in ("role", "member")
        ]

    def __str__(self) -> str:
        return f"{self.view} for {self.member or self.role}"


class Layout(models.Model):
    """How the page of a record is laid out, as it was sent. An object without one has a layout
    made from its categories."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    object = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(unique=True, editable=False)
    name = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)
    order = models.PositiveIntegerField(default=0)
    config: Any = JsonText(default=list)
    tabs: Any = JsonText(default=dict)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "object"], name="layout_object_unique")
        ]

    def __str__(self) -> str:
        return self.name
