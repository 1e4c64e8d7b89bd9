"""Taking an option away together with the values that name it, in records of every state."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from records.exceptions import Conflict, InvalidInput, NotAllowed, NotFound, RecordsError
from records.field_types import FieldSpec, normal_text
from records.models import FieldOption
from records.services.access import Author, Definer, because, defining, renewed
from records.services.catalogue import ObjectSchema, hold_writers, schema_in_any_state
from records.services.database import fetch, fetch_value
from records.services.storage import RecordRow
from records.services.writing import (
    UNSET,
    Change,
    Mode,
    SaveRequest,
    rewrite_values,
    save_records,
)

from .options import delete_option, get_option

BATCH = 500
REPLACE = "replaceWith"


@dataclass(frozen=True, slots=True)
class _Move:
    """What becomes of the values that name an option: they name its heir, or nothing. Live records
    are among those that are rewritten if they `may_be_live`."""

    object_id: int
    spec: FieldSpec
    option: FieldOption
    heir: FieldOption | None
    may_clear: bool
    may_be_live: bool = True

    def values_of(self, row: RecordRow) -> dict[str, object]:
        """A record's values after it."""
        key, heir = str(self.spec.id), self.heir
        held = row.values.get(key)
        left = held if isinstance(held, list) else [held]
        moved = [heir.pk if heir and item == self.option.pk else item for item in left]
        kept = [item for item in dict.fromkeys(moved) if item not in (None, self.option.pk)]
        values = {name: value for name, value in row.values.items() if name != key}
        if kept:
            values[key] = kept if isinstance(held, list) else kept[0]
        return values


def remove_option(
    author: Author,
    schema: ObjectSchema,
    spec: FieldSpec,
    name: str,
    *,
    replace_with: str | None = None,
    force: bool = False,
) -> int:
    """Take the option of this name away; the number of records changed, archived ones too.

    Records that have it get the option named `replace_with`, or with `force` lose it; else
    Conflict. Most are changed in batches before writers are held, the rest with the option.
    NotFound where the field has no such option.
    """
    move = _move(author, schema, spec, name, replace_with)
    heir = move.heir
    if not move.may_clear:
        return _remove_stage(author, schema, move)
    changes_records = heir is not None or force
    end = "was deleted" if heir is None else f"was replaced by {heir.name}"
    author = because(author, f"{move.option.name} {end}")
    moved = 0
    while changes_records and (changed := _rewrite_batch(author, author, move)):
        moved += changed
    return moved + _remove(author, author, move, changes_records=changes_records)


def replace_option(
    author: Author,
    schema: ObjectSchema,
    spec: FieldSpec,
    option: FieldOption,
    heir: str,
    *,
    part: str = "option_id",
) -> int:
    """Give the records that have an option another one, then take the option away; the number of
    records changed.

    `heir` is the other option's UUID, `part` what the caller calls it. The records are written in
    batches, each with its row in the ledger; archived ones, and those in the trash, at the end,
    without a check of their other values.
    """
    if not author.may_define:
        raise NotAllowed("Only workspace admins may change definitions.")
    try:
        replacement = get_option(author, spec, heir)
    except NotFound:
        raise InvalidInput("the field has no such option.", "does_not_exist", at=part) from None
    # Records would keep the option, and the loop below would never end.
    if replacement.pk == option.pk:
        raise InvalidInput("name an option other than the one to delete.", at=part)
    author = because(author, f"{option.name} was replaced by {replacement.name}")
    moved = 0
    change = _change(spec, option.pk, replacement.pk)
    # Written records no longer hold the option, so no position is needed.
    while records := _live_holders(schema, spec, option.pk):
        requests = [
            # Cancelled records count as users of the option, and would block its deletion.
            SaveRequest(Mode.UPDATE, record_id=key, changes=[change], even_cancelled=True)
            for key in records
        ]
        for outcome in save_records(author, schema, requests):
            if isinstance(outcome, RecordsError):
                # A skipped record would be found again forever.
                raise outcome
            moved += 1
    rest = _Move(schema.id, spec, option, replacement, may_clear=False, may_be_live=False)
    while changed := _rewrite_batch(author, author, rest):
        moved += changed
    delete_option(author, option)
    return moved


def _change(spec: FieldSpec, option_id: int, heir_id: int) -> Change:
    if spec.multiple:
        return Change(spec, None, UNSET, add=(heir_id,), remove=(option_id,))
    return Change(spec, None, heir_id)


def find_option(author: Definer, spec: FieldSpec, name: str) -> FieldOption | None:
    """One of a field's options by its name, as names are compared."""
    # A null character would be refused by PostgreSQL.
    if "\x00" in name:
        return None
    return _live_options(author, spec).filter(name_key=normal_text(name)).first()


def _live_options(author: Definer, spec: FieldSpec) -> QuerySet[FieldOption]:
    return FieldOption.objects.filter(
        workspace_id=author.workspace.id, field_id=spec.id, deleted_at=None
    )


@defining
def _move(
    author: Definer, schema: ObjectSchema, spec: FieldSpec, name: str, replace_with: str | None
) -> _Move:
    option = find_option(author, spec, name)
    if option is None:
        raise NotFound
    heir = None if replace_with is None else find_option(author, spec, replace_with)
    if heir is None and replace_with is not None:
        raise InvalidInput("the field has no such option.", "does_not_exist", at=REPLACE)
    # Records would keep the option.
    if heir is not None and heir.pk == option.pk:
        raise InvalidInput("name an option other than the one to delete.", at=REPLACE)
    return _Move(schema.id, spec, option, heir, spec is not schema.stage_field)


def _remove_stage(author: Author, schema: ObjectSchema, move: _Move) -> int:
    """Records are always in a stage, and enter one by its rules."""
    if move.heir is not None:
        heir = str(move.heir.uuid)
        return replace_option(author, schema, move.spec, move.option, heir, part=REPLACE)
    return _remove(author, author, move, changes_records=False)


@defining
def _rewrite_batch(definer: Definer, author: Author, move: _Move) -> int:
    """Change the next records that have the option; how many."""
    heir = move.heir
    if heir is not None and not _live_options(definer, move.spec).filter(pk=heir.pk).exists():
        raise Conflict(f"The option {heir.name!r} was deleted in the meantime.")
    author = renewed(author)
    schema = schema_in_any_state(author.directory, move.object_id)
    return len(rewrite_values(author, schema, _holders(move), move.values_of))


@defining
def _remove(definer: Definer, author: Author, move: _Move, *, changes_records: bool) -> int:
    """Take the option away, and out of records that got it in the meantime; how many."""
    # Who has just checked the option could otherwise store it after the last batch.
    hold_writers(author.workspace.id, [move.object_id])
    moved = 0
    while changes_records and (changed := _rewrite_batch(definer, author, move)):
        moved += changed
    if count := _count(move):
        clearing = ", or force=true to clear it" if move.may_clear else ""
        message = (
            f"{count} record(s) have {move.option.name!r}, archived ones included: send "
            f"replaceWith=<another option>{clearing}."
        )
        raise Conflict(message, "in_use")
    delete_option(definer, move.option)
    return moved


def _count(move: _Move) -> int:
    count: int = fetch_value(
        "SELECT count(*) FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s "
        "AND option = %s",
        _named(move),
    )
    return count


def _holders(move: _Move) -> list[int]:
    kept = "" if move.may_be_live else " AND NOT live"
    rows = fetch(
        "SELECT record_id FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s "
        f"AND option = %s{kept} ORDER BY record_id LIMIT {BATCH}",
        _named(move),
    )
    return [record_id for (record_id,) in rows]


def _named(move: _Move) -> list[int]:
    return [move.option.workspace_id, move.spec.id, move.option.pk]


def _live_holders(schema: ObjectSchema, spec: FieldSpec, option_id: int) -> list[int]:
    """The next live records with an option, by primary key."""
    rows = fetch(
        "SELECT record_id FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s "
        "AND live AND option = %s"
        f" ORDER BY record_id LIMIT {BATCH}",
        [schema.workspace_id, spec.id, option_id],
    )
    return [record_id for (record_id,) in rows]
