"""Shaping a workspace: objects, categories and fields. Every change takes effect on the next
request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from simple_history.utils import bulk_create_with_history

from records.exceptions import Conflict, InvalidInput, Place, problems_at, quoted
from records.field_types import MAX_EXPRESSION, FieldType, InvalidValue, field_types
from records.models import (
    Field,
    FieldCategory,
    FieldOption,
    ObjectKind,
    ObjectType,
    RelationKind,
)
from records.services.access import (
    Author,
    Definer,
    defining,
    signed_by,
)
from records.services.catalogue import (
    PATTERN_PART,
    FieldDefinition,
    ObjectSchema,
    OptionDefinition,
    check_default,
    check_json,
    check_label,
    check_length,
    free_name,
    read_uncommitted,
    slug,
    touch,
)
from records.services.writing import MAX_OPTIONS, check_external_field, draft_options

from .default_fields import DEFAULT_STAGES, contact_fields, object_fields
from .field_validations import settle_validation
from .formula_names import settle_formula
from .type_facts import is_link_type

MAX_OBJECTS = 500
MAX_FIELDS = 500
MAX_PROMPT = 20_000  # characters
API_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
MIRRORS = {
    RelationKind.ONE_TO_ONE: RelationKind.ONE_TO_ONE,
    RelationKind.PRIMARY: RelationKind.PRIMARY_FOR,
    RelationKind.ADDITIONAL: RelationKind.ADDITIONAL_FOR,
    RelationKind.PRIMARY_FOR: RelationKind.PRIMARY,
    RelationKind.ADDITIONAL_FOR: RelationKind.ADDITIONAL,
}


def _check_name(name: str) -> str:
    if not API_NAME.fullmatch(name):
        raise InvalidInput(
            f"{quoted(name)} is not an API name (a-z, 0-9 and _, at most 64 characters).", at="name"
        )
    return name


# ---------------------------------------------------------------- objects


@defining
def create_object(
    author: Definer,
    object_name: str,
    entity_name: str,
    *,
    name: str = "",
    spelled: str = "",
    object_type: str = ObjectKind.STANDARD,
    description: str = "",
    prompt: str = "",
    is_pinned: bool = False,
    fields: Sequence[FieldDefinition] = (),
    identifier_field: str | None = "name",
    display_pattern: str = "",
    stages: Sequence[OptionDefinition] = DEFAULT_STAGES,
    default_color: str = "",
    default_icon: str = "",
    is_custom: bool = True,
    is_open: bool = False,
    is_collection: bool = True,
) -> ObjectType:
    """Make an object with its default category and fields, and `fields`.

    `identifier_field` is the API name of the text-like field records are matched by, or None for
    records that have no name; unless it is `name`, there is a `name` field only if `fields` has
    one. `spelled` is the name as a data type's slug has it. InvalidInput says what is wrong with a
    definition.
    """
    workspace_id = author.workspace.id
    made = ObjectType.objects.create(
        workspace_id=workspace_id,
        name=free_object_name(workspace_id, name or slug(object_name)),
        slug=spelled if spelled != name else "",
        object_name=check_label("object_name", object_name),
        entity_name=check_label("entity_name", entity_name),
        object_type=object_type,
        description=description,
        prompt=check_length("prompt", prompt, MAX_PROMPT),
        is_pinned=is_pinned,
        display_pattern=check_length("display_pattern", display_pattern.strip()),
        default_color=check_length("default_color", default_color, 32),
        default_icon=check_length("default_icon", default_icon, 64),
        is_custom=is_custom,
        is_open=is_open,
        is_collection=is_collection,
    )
    given: list[tuple[Place, FieldDefinition]] = [
        (("fields", at), field) for at, field in enumerate(fields)
    ]
    rows = _make_fields(
        author, made, [*_default_fields(object_type, fields, identifier_field, stages), *given]
    )
    # Related objects have a mirror field more.
    changed = {made.id, *(row.related_object_id for row in rows if row.related_object_id)}
    # Contacts are the people an email address belongs to, whatever else identifies records.
    _set_identifier(made, "email" if object_type == ObjectKind.CONTACT else identifier_field)
    touch(workspace_id, changed)
    _check_compiled(made, fields)
    return made


def free_object_name(workspace_id: int, name: str) -> str:
    """The name, for one more object; InvalidInput when there is no room for one, or the name is
    taken."""
    rows = ObjectType.objects.filter(workspace_id=workspace_id)
    # Archived objects count: they keep their names and can be restored.
    if rows.count() >= MAX_OBJECTS:
        raise InvalidInput(f"A workspace can have at most {MAX_OBJECTS} objects.", "limit_exceeded")
    name = _check_name(name)
    if rows.filter(name=name).exists():
        raise InvalidInput(f"an object {name!r} already exists.", "unique", at="name")
    return name


def _default_fields(
    object_type: str,
    fields: Sequence[FieldDefinition],
    identifier_field: str | None,
    stages: Sequence[OptionDefinition],
) -> list[tuple[Place, FieldDefinition]]:
    """The fields an object has beside these. They have no place, because the caller did not send
    them."""
    defaults = (
        contact_fields()
        if object_type == ObjectKind.CONTACT
        else object_fields(object_type, stages)
    )
    # A default name would stand beside the identifier, or beside the caller's own field of that
    # name.
    unnamed = identifier_field != "name" or any(field.name == "name" for field in fields)
    return [((), field) for field in defaults if not (unnamed and field.name == "name")]


def _check_compiled(made: ObjectType, fields: Sequence[FieldDefinition]) -> None:
    """Check what only the compiled object can tell: its pattern and its fields' defaults."""
    if not made.display_pattern and all(field.default_value is None for field in fields):
        return  # most objects have neither, and need not be compiled now
    schema = read_uncommitted(made.workspace_id).schema(made.id)
    check_pattern(schema, made.display_pattern)
    for spec in schema.fields:
        check_default(spec)


def check_pattern(schema: ObjectSchema, pattern: str) -> None:
    """InvalidInput unless each part in braces is the API name of a field whose values are stored
    with the record."""
    stored = {spec.name for spec in schema.stored}
    if len(pattern) > 255 or "\x00" in pattern:
        raise InvalidInput("at most 255 characters.", "limit_exceeded", at="display_pattern")
    unknown = [name for name in PATTERN_PART.findall(pattern) if name not in stored]
    if unknown:
        raise InvalidInput(
            f"there is no field {', '.join(unknown)} to make names of.", at="display_pattern"
        )
    if set("{}") & set(PATTERN_PART.sub("", pattern)):
        raise InvalidInput(
            "write fields by their API names in braces, like {name}.", at="display_pattern"
        )


def _set_identifier(made: ObjectType, identifier: str | None) -> None:
    if identifier is None:
        return
    row = Field.objects.filter(workspace_id=made.workspace_id, object=made, name=identifier).first()
    kind = field_types.get(row.field_type) if row is not None else None
    if row is None or kind is None or not (kind.text_like and kind.may_be_unique):
        raise InvalidInput(
            f"{identifier!r} is not a text field of the object.", at="identifier_field"
        )
    # Only now: a field needs its object's row, and the object its identifier's.
    made.identifier_field = row
    made.save()


def get_object(author: Definer, identifier: str) -> ObjectType:
    """The row of a live object, by API name or UUID; InvalidInput when there is none, Conflict when
    it was archived since the author's definitions were read."""
    found = author.directory.find_object(identifier)
    if found is None:
        raise InvalidInput(f"There is no object {quoted(identifier)}.", "does_not_exist")
    return get_live_object(author, found.id)


def get_live_object(author: Definer, object_id: int) -> ObjectType:
    """The row of an object, by primary key; Conflict when it is archived."""
    row: ObjectType = ObjectType.objects.get(workspace_id=author.workspace.id, id=object_id)
    if row.archived_at is not None:
        message = f"{row.object_name} is archived: unarchive it to change its definition."
        raise Conflict(message, "archived")
    return row


# ---------------------------------------------------------------- fields


@defining
def create_field(author: Definer, object_row: ObjectType, definition: FieldDefinition) -> Field:
    """Add a field to an object, with its options, or the mirror of a relationship on the related
    object."""
    made = _make_field(author, object_row, definition)
    touch(author.workspace.id, {object_row.id, made.related_object_id or object_row.id})
    if made.default_value is not None:
        check_default(
            read_uncommitted(author.workspace.id).schema(object_row.id).all_fields[made.pk]
        )
    return made


def _make_field(author: Definer, object_row: ObjectType, definition: FieldDefinition) -> Field:
    return _make_fields(author, object_row, [((), definition)])[0]


def _make_fields(
    author: Definer, object_row: ObjectType, placed: Iterable[tuple[Place, FieldDefinition]]
) -> list[Field]:
    """Fields of an object, in the order of their definitions; plain ones in statements whose number
    does not grow.

    Each comes with its place in what the caller sent.
    """
    made: list[Field] = []
    given = list(placed)
    drafts: list[tuple[Field, list[FieldOption]]] = []
    formulas: list[tuple[Field, list[FieldOption]]] = []
    orders, categories = _orders(object_row), dict[str, FieldCategory]()
    for place, definition in given:
        key = definition.category
        if key not in categories:
            # Looked up once per name, however many fields use it.
            categories[key] = _category(author, object_row, key)
        if (
            definition.is_external_id
        ):  # there may be one such field, and those before are looked for in the database
            _store_fields(drafts)
            drafts = []
        with problems_at(*place):
            row = _draft_field(object_row, orders, categories[key], definition)
            options = _drafted_options(row, definition)
        # Before it is stored: keys are filled into this same instance.
        made.append(row)
        if is_link_type(definition.field_type):  # its mirror may be another field of the object
            _store_fields(drafts)
            drafts = []
            _make_relationship(author, row, definition)
            # A relationship with the object itself has added a mirror beside the field.
            orders = _orders(object_row)
        else:
            orders[row.name] = row.order
            kind = field_types.get(row.field_type)
            (formulas if kind.computed else drafts).append((row, options))
    _store_fields(drafts)
    # When all others are there: a formula may read fields that are made after it.
    for (place, _), row in zip(given, made, strict=True):
        with problems_at(*place):
            settle_formula(row, made)
            settle_validation(row, made)
    _store_fields(formulas)
    return made


def _store_fields(drafts: Sequence[tuple[Field, Sequence[FieldOption]]]) -> None:
    bulk_create_with_history([row for row, _ in drafts], Field)
    options = [option for _, options in drafts for option in options]
    for option in options:
        option.field_id = option.field.pk  # which it has only now
    bulk_create_with_history(options, FieldOption)


def _drafted_options(row: Field, definition: FieldDefinition) -> list[FieldOption]:
    if len(definition.options) > MAX_OPTIONS:
        raise InvalidInput(
            f"a field can have at most {MAX_OPTIONS} options.", "limit_exceeded", at="options"
        )
    kind = field_types.get(definition.field_type)
    return draft_options(
        row, definition.options or [OptionDefinition(name) for name in kind.default_options]
    )


def _draft_field(
    object_row: ObjectType,
    orders: Mapping[str, int],
    category: FieldCategory,
    definition: FieldDefinition,
) -> Field:
    """A field that is not stored yet, after those whose names and places are given."""
    check_room(orders)
    if definition.field_type not in field_types:
        raise InvalidInput(
            f"{quoted(definition.field_type)} is not one of {', '.join(field_types)}.",
            at="field_type",
        )
    # A name that the caller chose must be free; one made of the label is changed until it is.
    name = _check_name(definition.name or free_name(orders, slug(definition.display_name)))
    if name in orders:
        raise InvalidInput(f"a field {name!r} already exists.", "unique", at="name")
    kind = field_types.get(definition.field_type)
    if kind.computed:
        check_not_written(definition)
    check_json("default_value", definition.default_value)
    # Not stored here: plain fields of an object are inserted together.
    draft = Field(
        workspace_id=object_row.workspace_id,
        object=object_row,
        category=category,
        name=name,
        display_name=check_label("display_name", definition.display_name),
        description=definition.description,
        field_type=definition.field_type,
        settings=checked_settings(definition),
        default_value=definition.default_value,
        computed=definition.computed or kind.computed,
        is_required=definition.is_required,
        is_read_only=definition.is_read_only or bool(definition.computed or kind.computed),
        is_hidden=definition.is_hidden,
        is_unique=definition.is_unique,
        is_default=definition.is_default,
        is_admin_only=definition.is_admin_only,
        is_external_id=definition.is_external_id,
        validation=check_rule_text("validation", definition.validation, MAX_EXPRESSION),
        validation_message=check_rule_text("validation_message", definition.validation_message),
        should_index=definition.should_index,
        is_deletable=not definition.is_default,
        allows_empty=definition.allows_empty,
        order=max(orders.values(), default=0) + 1,
    )
    if definition.is_external_id:
        check_external_field(draft)
    return draft


def check_rule_text(part: str, sent: str | None, most: int = 255) -> str:
    """A part of a field's validation as it is kept: without white space around it, None as a
    blank."""
    return check_length(part, (sent or "").strip(), most)


def check_room(orders: Mapping[str, int]) -> None:
    """One more field fits beside these."""
    if len(orders) >= MAX_FIELDS:
        raise InvalidInput(f"An object can have at most {MAX_FIELDS} fields.", "limit_exceeded")


def _orders(object_row: ObjectType) -> dict[str, int]:
    """The API names of the object's fields, with their places."""
    rows = Field.objects.filter(
        workspace_id=object_row.workspace_id, object=object_row, deleted_at=None
    )
    return dict(rows.values_list("name", "order"))


def checked_settings(field: Field | FieldDefinition) -> dict[str, Any]:
    """The settings of a field as its type keeps them; InvalidInput for what the type does not
    take. Those of other types are not kept, but are checked like theirs."""
    kind = field_types.get(field.field_type)
    if field.is_unique and not kind.may_be_unique:
        raise InvalidInput(f"a {field.field_type} field cannot be unique.", at="is_unique")
    try:
        for other in _types_with(field.settings.keys() - kind.setting_keys().keys()):
            other.check_settings(field.settings)
        return kind.check_settings(field.settings)
    except InvalidValue as problem:
        raise InvalidInput.of(problem) from None


def _types_with(groups: Set[str]) -> Iterator[FieldType]:
    """The types that have settings in these groups."""
    for name in field_types if groups else ():
        kind = field_types.get(name)
        if not groups.isdisjoint(kind.setting_keys()):
            yield kind


def check_not_written(field: Field | FieldDefinition) -> None:
    """InvalidInput when a computed field is required, unique or has a default: no caller sends its
    values."""
    if field.is_required or field.is_unique or field.default_value is not None:
        raise InvalidInput(
            "The values of this field are computed: it cannot be required, unique or have a "
            "default."
        )


def _category(author: Definer, object_row: ObjectType, name: str) -> FieldCategory:
    rows = FieldCategory.objects.filter(workspace_id=author.workspace.id, object=object_row)
    # No category asked for: the first one, and a new object gets "General".
    if not name:
        found = rows.order_by("order", "id").first()
        if found is not None:
            return found
    return rows.get_or_create(
        workspace_id=author.workspace.id,
        object=object_row,
        name=check_label("category", name or "General"),
        defaults={"order": rows.count()},
    )[0]


def _make_relationship(author: Definer, made: Field, definition: FieldDefinition) -> Field:
    """Save a relationship field and its mirror; the near side, where links are stored, is the one
    asked for unless that is a `…_for` kind."""
    relation = definition.relation
    if relation is None or relation.kind not in RelationKind.values:
        raise InvalidInput(
            f"a relationship needs a related object and one of {RelationKind.values}.",
            at="relation",
        )
    related = get_object(author, relation.related_object)
    made.related_object = related
    made.relation_kind = relation.kind
    label = check_label("related_name", relation.mirror_label or made.object.object_name)
    mirror = Field(
        workspace_id=made.workspace_id,
        object=related,
        category=_category(author, related, relation.mirror_category),
        name="",
        display_name=label,
        field_type=made.field_type,
        relation_kind=MIRRORS[RelationKind(relation.kind)],
        related_object=made.object,
    )
    # Links are stored on the near side alone; a far field is a view of its mirror.
    far_side_asked = relation.kind in (RelationKind.PRIMARY_FOR, RelationKind.ADDITIONAL_FOR)
    near, far = (mirror, made) if far_side_asked else (made, mirror)
    if (
        near is made
    ):  # an object may be related to itself: the mirror takes its place after the field asked for
        made.save()
    orders = _orders(related)
    check_room(orders)
    mirror.name = _check_name(relation.mirror_name or free_name(orders, slug(label)))
    mirror.order = max(orders.values(), default=0) + 1
    if mirror.name in orders:
        raise InvalidInput(f"a field {mirror.name!r} already exists.", "unique", at="related_name")
    # The far field refers to the near one, so the near one needs its key first.
    near.save()
    far.mirror_of = near
    far.save()
    return made


def add_written_fields(author: Author, object_id: int, wanted: Iterable[FieldDefinition]) -> None:
    """Make those of these fields that do not exist yet, of an open object, as they are first
    written.

    Part of the write that uses them. InvalidInput when there would be too many.
    """
    workspace_id = author.workspace.id
    # Other writers may be making the same fields: they wait here, and then see them.
    row = ObjectType.objects.select_for_update(no_key=True).get(
        workspace_id=workspace_id, id=object_id
    )
    known = _orders(row)
    missing = [definition for definition in wanted if definition.name not in known]
    # The definitions' history shows the author, who need not be allowed to define.
    with signed_by(author.user_id):
        _make_fields(author, row, [((), definition) for definition in missing])
    if missing:
        touch(workspace_id, [object_id])
