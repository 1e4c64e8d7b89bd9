"""The rows of options: adding them to choice fields, and making the tags that writes name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Max
from simple_history.utils import bulk_create_with_history

from records.exceptions import InvalidInput, quoted
from records.field_types import FieldSpec, normal_text
from records.models import Field, FieldOption, StageStatus
from records.services.access import Author, hold_definitions
from records.services.catalogue import (
    OptionDefinition,
    check_length,
    count_up,
    free_name,
    slug,
)

MAX_OPTIONS = 1000


def add_option(field_row: Field, definition: OptionDefinition) -> FieldOption:
    """Add an option at the end of a choice field; InvalidInput when its name or code is taken."""
    rows = FieldOption.objects.filter(
        workspace_id=field_row.workspace_id, field=field_row, deleted_at=None
    )
    (made,) = draft_options(field_row, [definition], rows.values_list("name_key", "code", "order"))
    made.save()
    return made


def draft_options(
    field_row: Field,
    definitions: Iterable[OptionDefinition],
    existing: Iterable[tuple[str, str, int]] = (),
) -> list[FieldOption]:
    """Options that are not stored yet, in order after the `existing` ones: (compared name, code,
    order) of each."""
    known = _Known(existing)
    made = []
    for definition in definitions:
        name, key = known.add_name(definition.name)
        code = check_length("code", definition.code)
        check_stage_status(definition.stage_status)
        code = known.add_code(code, name)
        made.append(
            FieldOption(
                workspace_id=field_row.workspace_id,
                field=field_row,
                name=name,
                name_key=key,
                code=code,
                order=known.add_order(definition.order),
                stage_status=definition.stage_status,
                percentage=definition.percentage,
            )
        )
    return made


class _Known:
    """The names, codes and the last order that a field's options have, as more are drafted."""

    def __init__(self, existing: Iterable[tuple[str, str, int]]) -> None:
        rows = list(existing)
        self.keys = {key for key, _, _ in rows}
        self.codes = {code for _, code, _ in rows}
        self.last = max((0, *(order for _, _, order in rows)))

    def add_name(self, name: str) -> tuple[str, str]:
        name, key = _valid_name(name)
        if key in self.keys:
            raise _taken(name)
        self.keys.add(key)
        return name, key

    def add_code(self, code: str, name: str) -> str:
        """The code that is given, or one made from the name."""
        code = code or free_name(self.codes, slug(name), 250)
        if code in self.codes:
            raise InvalidInput(
                f"an option with the code {quoted(code)} already exists.", "unique", at="options"
            )
        self.codes.add(code)
        return code

    def add_order(self, order: int | None) -> int:
        """The order that is given, or the one after the last."""
        order = self.last + 1 if order is None else order
        self.last = max(self.last, order)
        return order


def _next_order(rows: Any) -> int:
    last: int | None = rows.aggregate(last=Max("order"))["last"]
    return 1 if last is None else last + 1


def check_stage_status(status: str) -> None:
    """InvalidInput unless this is a status of a stage, or empty."""
    if status not in ("", *StageStatus.values):
        raise InvalidInput(
            f"{quoted(status)} is not one of {', '.join(StageStatus.values)}.", at="status"
        )


def check_option_name(
    field_row: Field, name: str, *, besides: int | None = None
) -> tuple[str, str]:
    """An option's name, and the form it is compared in; InvalidInput when another option has it."""
    name, key = _valid_name(name)
    rows = FieldOption.objects.filter(
        workspace_id=field_row.workspace_id, field=field_row, deleted_at=None
    )
    if besides is not None:
        rows = rows.exclude(id=besides)
    if rows.filter(name_key=key).exists():
        raise _taken(name)
    return name, key


def _valid_name(name: str) -> tuple[str, str]:
    name = name.strip()
    key = normal_text(name)
    if not key or len(name) > 255 or len(key) > 255 or "\x00" in name:
        raise InvalidInput("an option needs a name of 1 to 255 characters.", at="options")
    return name, key


def _taken(name: str) -> InvalidInput:
    return InvalidInput(f"an option {quoted(name)} already exists.", "unique", at="options")


def create_tags(
    author: Author, spec: FieldSpec, names: Iterable[str]
) -> tuple[dict[str, int], bool]:
    """Make the tags that do not exist yet, spelt as first sent; primary keys by compared name.

    Part of the write that uses them, so writers of other records are not blocked. Also says whether
    this counted up the version of the object's definition.
    """
    workspace_id = author.workspace.id
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(normal_text(name), name)
    rows = FieldOption.objects.filter(workspace_id=workspace_id, field_id=spec.id, deleted_at=None)
    named = rows.filter(name_key__in=wanted).values_list("name_key", "id")
    found = dict(named)
    # The usual case: every tag exists, and no lock is taken.
    if len(found) == len(wanted):
        return found, False
    field_row = Field.objects.get(workspace_id=workspace_id, id=spec.id)
    # Concurrent writes may make the same tags: the first makes them, the others find them. Changes
    # of definitions begin with the same lock, which rules out deadlocks.
    hold_definitions(workspace_id)
    # `all()` makes it read again, now under the lock.
    found = dict(named.all())
    missing = {key: name for key, name in wanted.items() if key not in found}
    if missing:
        found |= _add_tags(field_row, missing)
        # Other processes have compiled the field without the new options.
        count_up(workspace_id, [field_row.object_id])
    return found, bool(missing)


def tag_names(author: Author, spec: FieldSpec, names: Iterable[str]) -> dict[str, str]:
    """The tags by compared name, as they are spelt: those that do not exist yet as first sent."""
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(normal_text(name), name)
    rows = FieldOption.objects.filter(
        workspace_id=author.workspace.id, field_id=spec.id, deleted_at=None, name_key__in=wanted
    )
    return wanted | dict(rows.values_list("name_key", "name"))


def _add_tags(field_row: Field, wanted: Mapping[str, str]) -> dict[str, int]:
    """Tags that do not exist yet, by compared name, in statements whose number does not grow with
    theirs."""
    rows = FieldOption.objects.filter(
        workspace_id=field_row.workspace_id, field=field_row, deleted_at=None
    )
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
                by_hand=False,
            )
        )
    bulk_create_with_history(made, FieldOption)
    found: dict[str, int] = dict(rows.filter(name_key__in=wanted).values_list("name_key", "id"))
    return found
