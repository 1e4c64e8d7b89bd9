"""Two people with the same set-up page open: what the first has saved stays, whatever the second
saves after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from records.models import (
    Field,
    FieldOption,
    Member,
    ObjectPermission,
    ObjectType,
    Role,
    Webhook,
    Workspace,
)
from records.services.webhooks import WebhookSettings, create_webhook
from tests.factories import FieldDefinition, OptionDefinition, make_member, make_object

from .pages import Workbench

OVERTAKEN = "Somebody else has changed this since you opened the page."


@dataclass(frozen=True)
class Page:
    """A set-up page: an input to find its form by, what each of two people changes, where that is
    stored, and the first's input with another value."""

    path: str
    field: str
    first: dict[str, Any]
    second: dict[str, Any]
    stored: Callable[[], tuple[Any, Any]]
    expected: tuple[Any, Any]
    other: dict[str, Any]


def object_page(admin: Workbench) -> Page:
    row = make_object(admin.caller, "Boxes")
    return Page(
        f"/admin/records/objecttype/{row.pk}/change/",
        "object_name",
        {"description": "Of wood"},
        {"prompt": "Count them"},
        lambda: ObjectType.objects.values_list("description", "prompt").get(pk=row.pk),
        ("Of wood", "Count them"),
        {"description": "Of iron"},
    )


def text_field(admin: Workbench) -> Field:
    made = make_object(admin.caller, "Boxes", FieldDefinition("Note", "text"))
    return Field.objects.get(object=made, name="note")


def field_page(admin: Workbench) -> Page:
    row = text_field(admin)
    return Page(
        f"/admin/records/field/{row.pk}/change/",
        "display_name",
        {"is_required": "on"},
        {"description": "Line\r\nbreak"},
        lambda: Field.objects.values_list("is_required", "display_name").get(pk=row.pk),
        (True, "Note"),
        {"is_required": "on", "display_name": "Text"},
    )


def settings_page(admin: Workbench) -> Page:
    made = make_object(admin.caller, "Boxes", FieldDefinition("Size", "integer"))
    row = Field.objects.get(object=made, name="size")
    keys = ("min_value", "max_value")

    def stored() -> tuple[Any, Any]:
        (group,) = Field.objects.get(pk=row.pk).settings.values()
        return group[keys[0]], group[keys[1]]

    return Page(
        f"/admin/records/field/{row.pk}/change/",
        "display_name",
        {"setting_min_value": "1"},
        {"setting_max_value": "9"},
        stored,
        (1, 9),
        {"setting_min_value": "2"},
    )


def options_page(admin: Workbench) -> Page:
    colours = (OptionDefinition("Red"), OptionDefinition("Blue"))
    made = make_object(
        admin.caller, "Boxes", FieldDefinition("Colour", "dropdown", options=colours)
    )
    row = Field.objects.get(object=made, name="colour")
    red = FieldOption.objects.get(field=row, name="Red")
    return Page(
        f"/admin/records/field/{row.pk}/change/",
        "display_name",
        {"options-0-name": "Crimson"},
        {"options-0-order": "7"},
        lambda: FieldOption.objects.values_list("name", "order").get(pk=red.pk),
        ("Crimson", 7),
        {"options-0-name": "Scarlet"},
    )


def role_of(admin: Workbench) -> Role:
    make_object(admin.caller, "Boxes")
    grants = {"boxes": {"create": True, "view": "own", "edit": "own"}}
    member = make_member(admin.caller, "ada@example.com", grants).member
    return Role.objects.get(pk=member.role_id)


def role_page(admin: Workbench) -> Page:
    row = role_of(admin)
    return Page(
        f"/admin/records/role/{row.pk}/change/",
        "name",
        {"name": "Packers"},
        {"is_default": "on"},
        lambda: Role.objects.values_list("name", "is_default").get(pk=row.pk),
        ("Packers", True),
        {"name": "Carriers"},
    )


def grants_page(admin: Workbench) -> Page:
    row = role_of(admin)
    grant = "object_permissions-0"
    return Page(
        f"/admin/records/role/{row.pk}/change/",
        "name",
        {f"{grant}-view": "all"},
        {f"{grant}-create": None},
        lambda: ObjectPermission.objects.values_list("view", "create").get(role=row),
        ("all", False),
        {f"{grant}-view": "none"},
    )


def role_and_grants_page(admin: Workbench) -> Page:
    row = role_of(admin)

    def stored() -> tuple[Any, Any]:
        role = Role.objects.get(pk=row.pk)
        return role.name, ObjectPermission.objects.get(role=row).view

    return Page(
        f"/admin/records/role/{row.pk}/change/",
        "name",
        {"name": "Packers"},
        {"object_permissions-0-view": "all"},
        stored,
        ("Packers", "all"),
        {"name": "Carriers"},
    )


def member_page(admin: Workbench) -> Page:
    row = make_member(admin.caller, "ada@example.com").member
    return Page(
        f"/admin/records/member/{row.pk}/change/",
        "first_name",
        {"labels": "a, b"},
        {"phone": "+16502530000"},
        lambda: Member.objects.values_list("labels", "phone").get(pk=row.pk),
        (["a", "b"], "+16502530000"),
        {"labels": "c"},
    )


def log_in_page(admin: Workbench) -> Page:
    row = make_member(admin.caller, "ada@example.com").member

    def stored() -> tuple[Any, Any]:
        found = Member.objects.get(pk=row.pk)
        return found.user.is_staff, found.last_name

    return Page(
        f"/admin/records/member/{row.pk}/change/",
        "first_name",
        {"may_log_in": "on"},
        {"last_name": "Lovelace"},
        stored,
        (True, "Lovelace"),
        {},
    )


def webhook_page(admin: Workbench) -> Page:
    caller = admin.caller
    settings = WebhookSettings(name="Hook", url="https://example.com/", member_id=caller.member.pk)
    row, _ = create_webhook(caller.author, "records", **settings)
    return Page(
        f"/admin/records/webhook/{row.pk}/change/",
        "url",
        {"told_events": ["record.created"]},
        {"name": "Bell"},
        lambda: Webhook.objects.values_list("events", "name").get(pk=row.pk),
        (["record.created"], "Bell"),
        {"told_events": ["record.updated"]},
    )


def workspace_page(admin: Workbench) -> Page:
    row = admin.caller.workspace
    return Page(
        f"/admin/records/workspace/{row.pk}/change/",
        "time_zone",
        {"region": "DE"},
        {"name": "Southern Freight"},
        lambda: Workspace.objects.values_list("region", "name").get(pk=row.pk),
        ("DE", "Southern Freight"),
        {"region": "FR"},
    )


PAGES = (
    object_page,
    field_page,
    settings_page,
    options_page,
    role_page,
    grants_page,
    role_and_grants_page,
    member_page,
    log_in_page,
    webhook_page,
    workspace_page,
)


@pytest.mark.parametrize("make", PAGES)
def test_what_another_has_saved_stays(admin: Workbench, make: Callable[[Workbench], Page]) -> None:
    page = make(admin)
    stale = admin.read(page.path)

    assert admin.fill(page.path, page.field, page.first).status_code == 302
    assert admin.fill(page.path, page.field, page.second, page=stale).status_code == 302

    assert tuple(page.stored()) == page.expected


@pytest.mark.parametrize("make", [make for make in PAGES if make is not log_in_page])
def test_the_same_input_changed_to_something_else_is_refused(
    admin: Workbench, make: Callable[[Workbench], Page]
) -> None:
    page = make(admin)
    stale = admin.read(page.path)
    assert admin.fill(page.path, page.field, page.first).status_code == 302
    between = page.stored()

    # The same change once more is no other one.
    assert admin.fill(page.path, page.field, page.first, page=stale).status_code == 302
    assert page.stored() == between
    if make is field_page:  # of a switch, there is no third value
        return
    answer = admin.fill(page.path, page.field, {**page.other, **page.second}, page=stale)

    assert answer.status_code == 200
    assert OVERTAKEN in answer.content.decode()
    assert page.stored() == between


def test_a_page_without_what_was_shown_is_saved_as_it_is(admin: Workbench) -> None:
    page = object_page(admin)
    sent = {"object_name": "Crates", "entity_name": "Crate", "description": "Of tin"}
    answer = admin.send(page.path, sent | {"fields-TOTAL_FORMS": "0", "fields-INITIAL_FORMS": "0"})
    assert answer.status_code == 302
    assert page.stored() == ("Of tin", "")
