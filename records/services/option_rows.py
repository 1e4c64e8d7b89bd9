"""The rows of options: adding them to choice fields, and making the tags that writes name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Max
from simple_history.utils import bulk_create_with_history

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, normal_text
from records.models import Field, FieldOption, StageStatus

from .access import Author
from .definers import hold_definitions
from .definition_versions import count_up
from .definitions import OptionDefinition, check_length, free_name, slug

MAX_OPTIONS = 1000


def add_option(field_row: Field, definition: OptionDefinition) -> FieldOption:
    """Add an option at the end of a choice field; InvalidInput when its name or code is taken."""
    rows = FieldOption.objects.filter(workspace_id=field_row.workspace_id, field=field_row, deleted_at=None)
    (made,) = draft_options(field_row, [definition], rows.values_list("name_key", "code", "order"))
    made.save()
    return made


def draft_options(
    field_row: Field, definitions: Iterable[OptionDefinition], existing: Iterable[tuple[str, str, int]] = ()
) -> list[FieldOption]:
    """Options that are not stored yet, after the `existing` ones, of which compared name, code and order are given."""
    keys, codes, last = set(), set(), 0
    for key, code, order in existing:
        keys.add(key)
        codes.add(code)
        last = max(last, order)
    made = []
    for definition in definitions:
        name, key = _valid_name(definition.name)
        if key in keys:
            raise _taken(name)
        code = check_length("code", definition.code) or free_name(codes, slug(name), 250)
        check_stage_status(definition.stage_status)
        if code in codes:
            raise InvalidInput(f"options: there is an option with the code {code[:80]!r} already.", "unique")
        order = last + 1 if definition.order is None else definition.order
        keys.add(key)
        codes.add(code)
        last = max(last, order)
        made.append(
            FieldOption(
                workspace_id=field_row.workspace_id,
                field=field_row,
                name=name,
                name_key=key,
                code=code,
                order=order,
                stage_status=definition.stage_status,
                percentage=definition.percentage,
            )
        )
    return made


def _next_order(rows: Any) -> int:
    last: int | None = rows.aggregate(last=Max("order"))["last"]
    return (last or 0) + 1


def check_stage_status(status: str) -> None:
    """InvalidInput unless this is a status of a stage, or none."""
    if status not in ("", *StageStatus.values):
        raise InvalidInput(f"status: {status[:80]!r} is not one of {', '.join(StageStatus.values)}.")


def check_option_name(field_row: Field, name: str, *, besides: int | None = None) -> tuple[str, str]:
    """An option's name, and the form it is compared in; InvalidInput when another option has it."""
    name, key = _valid_name(name)
    rows = FieldOption.objects.filter(workspace_id=field_row.workspace_id, field=field_row, deleted_at=None)
    if rows.filter(name_key=key).exclude(id=besides or 0).exists():
        raise _taken(name)
    return name, key


def _valid_name(name: str) -> tuple[str, str]:
    name = name.strip()
    key = normal_text(name)
    if not key or len(name) > 255 or len(key) > 255 or "\x00" in name:
        raise InvalidInput("options: an option needs a name of 1 to 255 characters.")
    return name, key


def _taken(name: str) -> InvalidInput:
    return InvalidInput(f"options: there is an option {name[:80]!r} already.", "unique")


def create_tags(author: Author, spec: FieldSpec, names: Iterable[str]) -> tuple[dict[str, int], bool]:
    """Make the tags that do not exist yet, as they are first written; primary keys by compared name.

    Part of the write that uses them, so writers of other records are not held. Also says whether this counted the
    definition's version up.
    """
    workspace_id = author.workspace.id
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(normal_text(name), name)
    rows = FieldOption.objects.filter(workspace_id=workspace_id, field_id=spec.id, deleted_at=None)
    named = rows.filter(name_key__in=wanted).values_list("name_key", "id")
    found = dict(named)
    if len(found) == len(wanted):
        return found, False
    field_row = Field.objects.get(workspace_id=workspace_id, id=spec.id)
    # Others may be making the same tags. One goes first, and those who waited see what it made. It is the lock that
    # changes of definitions begin with: were it another one, each could hold what the other waits for.
    hold_definitions(workspace_id)
    found = dict(named.all())
    missing = {key: name for key, name in wanted.items() if key not in found}
    if missing:
        found |= _add_tags(field_row, missing)
        count_up(workspace_id, [field_row.object_id])
    return found, bool(missing)


def _add_tags(field_row: Field, wanted: Mapping[str, str]) -> dict[str, int]:
    """Tags that do not exist yet, by compared name, in statements whose number does not grow with theirs."""
    rows = FieldOption.objects.filter(workspace_id=field_row.workspace_id, field=field_row, deleted_at=None)
    codes, order = set(rows.values_list("code", flat=True)), _next_order(rows)
    made = []
    for at, (key, name) in enumerate(wanted.items()):
        code = free_name(codes, slug(name))
        codes.add(code)
        made.append(
            FieldOption(
                workspace_id=field_row.workspace_id,
                field=field_row,
                name=name.strip(),
                name_key=key,
                code=code,
                order=order + at,
            )
        )
    bulk_create_with_history(made, FieldOption)
    found: dict[str, int] = dict(rows.filter(name_key__in=wanted).values_list("name_key", "id"))
    return found
