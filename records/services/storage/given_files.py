"""Files that were sent before their record was known, and become a record's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from records.exceptions import Conflict, InvalidInput
from records.models import Attachment

MAX_FILES = 1000  # of one record
MAX_NAME = 255
FREE_FILES = "free"  # the folder of those that belong to no record yet


def give_files(workspace_id: int, owners: Mapping[int, int]) -> None:
    """Give files that belong to nobody yet to records: `owners` has the record of each, by primary
    keys. A file whose name its record has already gets another one.

    Conflict where one has been given away since it was read; InvalidInput for more files than a
    record can have.
    """
    rows = Attachment.objects.filter(workspace_id=workspace_id)
    free = dict(
        rows.select_for_update()
        .filter(id__in=owners, record=None)
        .order_by("id")
        .values_list("id", "name")
    )
    if len(free) < len(owners):
        raise Conflict("A file was given to another record meanwhile.", "conflict")
    taken: dict[int, set[str]] = {record: set() for record in owners.values()}
    for record, name in rows.filter(record_id__in=taken).values_list("record_id", "name"):
        taken[record].add(name)
    given = []
    for key, name in free.items():
        names = taken[owners[key]]
        found = name if name not in names else free_name(name, names)
        names.add(found)
        given.append(Attachment(id=key, record_id=owners[key], name=found))
    if any(len(names) > MAX_FILES for names in taken.values()):
        raise InvalidInput(f"a record can have at most {MAX_FILES} files.", "limit_exceeded")
    rows.bulk_update(given, ["record", "name"])


def free_name(name: str, taken: Collection[str]) -> str:
    """A name like this one that none of the files has: `report (2).pdf`."""
    folder, slash, last = name.rpartition("/")
    stem, dot, ending = last.rpartition(".")
    if not stem:
        stem, dot, ending = last, "", ""
    for number in range(2, len(taken) + 3):
        tail = f" ({number}){dot}{ending}"
        room = MAX_NAME - len(folder) - len(slash) - len(tail)
        # An ending may be so long that nothing else has room beside it.
        found = f"{folder}{slash}{stem[: max(room, 1)]}{tail}"[-MAX_NAME:]
        if found not in taken:
            return found
    return f"{number}{dot}{ending}"[:MAX_NAME]
