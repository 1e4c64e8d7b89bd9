"""Copies of objects' definitions."""

from __future__ import annotations

from records.exceptions import NotAllowed, NotFound
from records.models import Field, FieldOption, ObjectType
from records.services.shaping.changes import get_field, update_field
from records.services.shaping.cloning import clone_object
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_relation
from tests.services.acting import refusal

COPIED = ("object_type", "is_open", "is_collection", "display_pattern", "default_color")


def test_a_pipeline_is_copied_with_its_stages_and_categories(workspace: Caller) -> None:
    make_object(
        workspace,
        "Deals",
        FieldDefinition("Size", "dropdown", "size", "Inner", options=(OptionDefinition("Big"),)),
        object_type="pipeline",
        stages=[OptionDefinition("Asked", stage_status="open", percentage=10)],
        default_color="red",
        is_open=True,
    )
    source = ObjectType.objects.get(workspace=workspace.workspace, name="deals")

    clone = clone_object(workspace.author, source.pk, "Bids")

    made = ObjectType.objects.get(workspace=workspace.workspace, id=clone.id)

    assert [getattr(made, name) for name in COPIED] == [getattr(source, name) for name in COPIED]
    copied, schema = workspace.schema("bids"), workspace.schema("deals")
    assert [spec.name for spec in copied.fields] == [spec.name for spec in schema.fields]
    assert [spec.is_default for spec in copied.fields] == [
        spec.is_default for spec in schema.fields
    ]
    (stage,) = copied.by_name["stage"].options.values()
    assert (stage.name, stage.stage_status, stage.percentage) == ("Asked", "open", 10)
    inner = (
        Field.objects.select_related("category")
        .get(workspace=workspace.workspace, object=made, name="size")
        .category
    )
    assert inner is not None
    assert (inner.name, inner.object_id) == ("Inner", made.pk)
    assert copied.identifier is copied.by_name["name"]


def test_deleted_fields_and_options_and_tags_stay_behind(workspace: Caller) -> None:
    options = (OptionDefinition("Big"), OptionDefinition("Small"))
    make_object(workspace, "Boats", FieldDefinition("Size", "dropdown", options=options))
    source = workspace.schema("boats")
    option = FieldOption.objects.get(workspace=workspace.workspace, name="Small")
    option.by_hand = False
    option.save()

    clone = clone_object(workspace.author, source.id)

    copied = workspace.schema("copy_of_boats").by_name["size"]
    assert [item.name for item in copied.options.values()] == ["Big"]
    assert set(clone.fields) == {spec.id for spec in source.fields}


def test_a_default_names_an_option_of_the_copy(workspace: Caller) -> None:
    options = (OptionDefinition("Big"),)
    make_object(workspace, "Boats", FieldDefinition("Size", "dropdown", options=options))
    spec = workspace.schema("boats").by_name["size"]
    (big,) = spec.options.values()
    update_field(
        workspace.author, get_field(workspace.author, spec.id), default_value={"id": big.uuid}
    )

    clone_object(workspace.author, workspace.schema("boats").id)

    copied = workspace.schema("copy_of_boats").by_name["size"]
    assert copied.default_value == {"id": next(iter(copied.options.values())).uuid}


def test_standard_objects_are_not_copied(workspace: Caller) -> None:
    contacts = workspace.schema("client_client")

    assert isinstance(refusal(clone_object, workspace.author, contacts.id), NotAllowed)
    assert isinstance(refusal(clone_object, workspace.author, 987_654), NotFound)


def test_a_far_side_gets_a_near_side_of_its_own(workspace: Caller) -> None:
    make_object(workspace, "Ports")
    make_object(workspace, "Boats")
    make_relation(workspace, "boats", "Home", "ports", kind="primary", mirror="Boats")

    clone_object(workspace.author, workspace.schema("ports").id, "Docks")

    near = workspace.schema("boats").by_name["docks"]
    assert near.mirror_of_id is None
    assert workspace.schema("docks").by_name["boats"].mirror_of_id == near.id
    assert not near.is_required
