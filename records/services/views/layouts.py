"""The layout of an object's record pages: one for each object.

Until somebody replaces it, it is made from the object's categories. Then it is kept as it was sent.
A page draws the categories that its blocks of fields name; what other blocks are for is their
authors' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID, uuid5

import orjson

from records.exceptions import InvalidInput, NotFound, Place
from records.models import Layout, new_uuid
from records.services.access import Author, Definer, defining
from records.services.catalogue import ObjectSchema, check_json, check_label
from records.services.database import canonical_uuid
from records.services.shaping import Category, list_categories

NAME = "Standard View"
WIDTHS = ("third-width", "two-third-width")
UNITS = 12  # of a row, where a width is a number
FIELDS = "fields"  # the type of blocks that show fields
CATEGORY_LISTS = ("included", "excluded")
MAX_BLOCKS = 500
MAX_CONFIG = 200_000  # bytes of JSON


class LayoutSettings(TypedDict):
    """What a layout is replaced with."""

    name: str
    is_active: bool
    order: int
    config: list[Any] | None
    tabs: dict[str, bool]


@dataclass(frozen=True, slots=True)
class ObjectLayout:
    """The layout of an object's record pages."""

    uuid: UUID
    name: str
    is_active: bool
    order: int
    config: list[Any]
    tabs: dict[str, bool]


def object_layout(author: Author, schema: ObjectSchema) -> ObjectLayout:
    """The object's layout, as it was sent, or made from its categories."""
    row = _find(author, schema)
    if row is None:
        uuid = _uuid(schema)
        config = _standard(uuid, list_categories(author.workspace.id, schema.id))
        return ObjectLayout(uuid, NAME, True, 0, config, {"automations": False})
    return ObjectLayout(row.uuid, row.name, row.is_active, row.order, row.config, row.tabs)


@defining
def replace_layout(
    author: Definer, schema: ObjectSchema, key: str, /, **given: Unpack[LayoutSettings]
) -> None:
    """Replace the object's layout, which has this UUID, as a whole; ids that are missing are
    given. Without a config it shows every category."""
    uuid = _uuid(schema)
    if canonical_uuid(key) != str(uuid):
        raise NotFound
    row = _find(author, schema)
    if row is None:
        row = Layout(workspace_id=author.workspace.id, object_id=schema.id, uuid=uuid)
    row.name = check_label("name", given["name"])
    row.is_active, row.order = given["is_active"], given["order"]
    config = given["config"]
    if config is None:
        config = _standard(uuid, list_categories(author.workspace.id, schema.id))
    row.config, row.tabs = check_layout_config(config), given["tabs"]
    row.save()


def layout_categories(
    author: Author, schema: ObjectSchema, categories: Sequence[str]
) -> list[str] | None:
    """Which of an object's categories its record pages show, in which order, by UUID; None where no
    layout says so, and all are shown."""
    row = _find(author, schema)
    return None if row is None or not row.is_active else shown_categories(row.config, categories)


def shown_categories(config: list[Any], categories: Sequence[str]) -> list[str]:
    """What the blocks of fields show, each category once, where it comes first."""
    blocks = [_Choice.of(block) for block in _blocks(config) if block.get("type") == FIELDS]
    # What a block names is left out by those that take what there is.
    named = {key for block in blocks for key in block.named}
    shown: list[str] = []
    for block in blocks:
        rest = [key for key in categories if key not in named] if block.takes_rest else []
        shown += [key for key in (*block.named, *rest) if key not in block.excluded]
    return [key for key in dict.fromkeys(shown) if key in categories]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a block of fields says of categories: those it names, those it leaves out, and whether
    it takes all that no block names."""

    named: list[str]
    excluded: list[str]
    takes_rest: bool

    @classmethod
    def of(cls, block: dict[str, Any]) -> _Choice:
        told = block.get("metadata") or {}
        chosen = [entry.get("value") for entry in told.get("chosenCategories") or ()]
        # What was chosen has an order; what is included beside it follows.
        named = [key for key in (*chosen, *(told.get("included") or ())) if isinstance(key, str)]
        return cls(named, told.get("excluded") or [], told.get("autoInclude") is True)


def _find(author: Definer, schema: ObjectSchema) -> Layout | None:
    return Layout.objects.filter(workspace_id=author.workspace.id, object_id=schema.id).first()


def _uuid(schema: ObjectSchema) -> UUID:
    """The id of an object's only layout, which it has before it is stored."""
    return uuid5(UUID(schema.uuid), NAME)


def _standard(uuid: UUID, categories: Iterable[Category]) -> list[Any]:
    """One block with the fields of every category, those to come included."""
    chosen = [{"label": each.name, "value": each.uuid} for each in categories]
    block = {
        "id": str(uuid5(uuid, "block")),
        "type": FIELDS,
        "label": "Fields",
        "displayName": "Fields",
        "internalName": FIELDS,
        "metadata": {
            "included": [category["value"] for category in chosen],
            "excluded": [],
            "autoInclude": True,
            "chosenCategories": chosen,
        },
    }
    column = {"id": str(uuid5(uuid, "column")), "width": WIDTHS[1], "items": [block]}
    return [{"id": str(uuid5(uuid, "row")), "columns": [column]}]


def _blocks(config: list[Any]) -> Iterator[dict[str, Any]]:
    for row in config:
        for column in row["columns"]:
            yield from column["items"]


# ---------------------------------------------------------------- what is sent


def check_layout_config(config: Any) -> list[Any]:
    """Rows of columns of blocks, with an id each and blocks as `items`; all else as it was sent.
    InvalidInput says the place of what is wrong."""
    check_json("config", config)
    if len(orjson.dumps(config)) > MAX_CONFIG:
        raise InvalidInput(f"at most {MAX_CONFIG:,} bytes of JSON.", "limit_exceeded", at="config")
    rows = [
        {**row, "columns": [_column(column, at) for column, at in _objects(row, "columns", place)]}
        for row, place in _listed(config, ("config",))
    ]
    if sum(1 for _ in _blocks(rows)) > MAX_BLOCKS:
        raise InvalidInput(f"at most {MAX_BLOCKS} blocks.", "limit_exceeded", at="config")
    return rows


def _column(column: dict[str, Any], at: Place) -> dict[str, Any]:
    width = column.get("width", WIDTHS[0])
    units = type(width) is int and 1 <= width <= UNITS
    if not units and width not in WIDTHS:
        raise InvalidInput(
            f"expected {' or '.join(WIDTHS)}, or units from 1 to {UNITS}.", at=(*at, "width")
        )
    key = "items" if "items" in column else "blocks"
    items = [_block(block, place) for block, place in _objects(column, key, at)]
    kept = {name: value for name, value in column.items() if name not in ("items", "blocks")}
    return {**kept, "items": items}


def _block(block: dict[str, Any], at: Place) -> dict[str, Any]:
    if not isinstance(block.get("type"), str):
        raise InvalidInput("expected a string.", "required", at=(*at, "type"))
    if block["type"] == FIELDS:
        _check_metadata(block.get("metadata"), (*at, "metadata"))
    return block


def _check_metadata(told: Any, at: Place) -> None:
    """What a block of fields says of categories; one that is not there any more is no mistake."""
    if told is None:
        return
    if not isinstance(told, dict):
        raise InvalidInput("expected an object.", at=at)
    for key in CATEGORY_LISTS:
        entries = told.get(key) or []
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise InvalidInput("expected a list of ids of categories.", at=(*at, key))
    if not isinstance(told.get("autoInclude", False), bool | None):
        raise InvalidInput("expected true or false.", at=(*at, "autoInclude"))
    if told.get("chosenCategories") is not None:
        # Ids are given to what has a place of its own only.
        for _ in _each(told["chosenCategories"], (*at, "chosenCategories")):
            pass


def _objects(parent: dict[str, Any], key: str, at: Place) -> Iterator[tuple[dict[str, Any], Place]]:
    return _listed(parent.get(key, []), (*at, key))


def _listed(content: Any, at: Place) -> Iterator[tuple[dict[str, Any], Place]]:
    """The objects of a list, each with an id and its place."""
    for entry, place in _each(content, at):
        if entry.get("id") is not None and not isinstance(entry["id"], str):
            raise InvalidInput("expected a string.", at=(*place, "id"))
        yield {**entry, "id": entry.get("id") or str(new_uuid())}, place


def _each(content: Any, at: Place) -> Iterator[tuple[dict[str, Any], Place]]:
    if not isinstance(content, list):
        raise InvalidInput("expected a list.", at=at)
    for number, entry in enumerate(content):
        if not isinstance(entry, dict):
            raise InvalidInput("expected an object.", at=(*at, number))
        yield entry, (*at, number)
