"""Files that are imported as they are sent, with columns beside the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import InvalidInput, NotAllowed, NotFound, RecordsError, quoted
from records.models import ImportUpload
from records.services.access import Author, has_scope, may_write, visible_fields
from records.services.catalogue import ObjectSchema
from records.services.importing import (
    FOUND,
    Beside,
    ImportMode,
    Reading,
    by_header,
    preview,
    store_upload,
    suggest_fields,
)
from records.services.jobs import JobView
from records.services.reading import check_admin_fields, may_see_type
from records.services.retention import remove_unused_upload

from .home import home_of
from .matched_upserts import matched_field

MODES = {
    "create": ImportMode.CREATE_ONLY,
    "update": ImportMode.UPDATE_ONLY,
    "upsert": ImportMode.CREATE_OR_UPDATE,
}
AT_ONCE = 10_000  # rows that are imported while the caller waits
# What an export says of records that no import writes. With the numbers beside them, they tell an
# export of ours from a file that has numbers of its own.
MOMENTS = ("createdAt", "updatedAt")
SPELLINGS = {
    **{kind.value: kind for kind in Beside if kind != Beside.ID},
    "external_id": Beside.EXTERNAL_ID,
    "member_id": Beside.MEMBER_ID,
    "member_email": Beside.MEMBER_EMAIL,
    "member_external_id": Beside.MEMBER_EXTERNAL_ID,
    "assignment_task_id": Beside.TASK_ID,
}


@dataclass(frozen=True, slots=True)
class AskedImport:
    """How a file is to be imported. `mode` is one of MODES, or empty for the default; `mapping`
    says of headers or positions from 1 which slug or column beside the values they are. `reading`
    says how the file is read, and `forms` how its columns write numbers, dates and blanks, where
    that is not found in it."""

    mode: str = ""
    match_field: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    dry_run: bool = False
    reading: Reading = FOUND
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentImport:
    """The job of an import, ended where the file is small, and what its columns are: by header the
    slug, or the name beside the values. `read` is how the file was read; `examples` are, by
    header, the first cells that are read as another text than is written."""

    job: JobView
    names: Mapping[str, str]
    read: Mapping[str, Any]
    examples: Mapping[str, Sequence[Mapping[str, str]]]


def import_sent_file(
    author: Author,
    schema: ObjectSchema,
    file_name: str,
    chunks: Iterable[bytes],
    asked: AskedImport,
) -> SentImport:
    """Import a file into records; InvalidInput, and nothing is kept, where the plan does not fit
    it. NotFound for members whose role grants nothing on them: what is theirs alone takes no
    files, for the job has the rights of the role."""
    if not may_see_type(author, schema.id):
        raise NotFound
    upload = store_upload(author, schema, file_name, chunks, asked.reading)
    try:
        columns = _columns(author, schema, upload.header, asked)
        job = _start(author, schema, upload, columns, asked)
    except RecordsError:
        remove_unused_upload(author.workspace.id, upload.pk)
        raise
    suggested = suggest_fields(author, schema, upload.header)
    names = suggested | columns.mapping | columns.beside
    # What the file's beginning showed holds for columns that are read as it was.
    examples = {
        header: told["examples"]
        for at, header in enumerate(upload.header)
        if "examples" in (told := preview(upload, at))
        and not asked.forms
        and names[header] == suggested[header]
    }
    return SentImport(
        job,
        {header: name for header, name in names.items() if name is not None},
        upload.reading,
        examples,
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the columns of a file are, where it is certain; `match` is the slug of the field that
    rows are matched by, None where that is a column beside the values."""

    mapping: dict[str, str | None]
    beside: dict[str, str]
    match: str | None

    @property
    def names_records(self) -> bool:
        """Whether the rows say which records they are."""
        named = {Beside.ID, Beside.EXTERNAL_ID} & set(self.beside.values())
        return self.match is not None or bool(named)


def _start(
    author: Author,
    schema: ObjectSchema,
    upload: ImportUpload,
    columns: _Columns,
    asked: AskedImport,
) -> JobView:
    mode = MODES[asked.mode or ("upsert" if columns.names_records else "create")]
    return home_of(schema).start_import(
        author,
        schema,
        upload,
        mapping=columns.mapping | dict.fromkeys(columns.beside),
        mode=mode.value,
        match_field=columns.match,
        dry_run=asked.dry_run,
        again=True,
        forms=asked.forms,
        beside=columns.beside,
        at_once=AT_ONCE,
    )


def _columns(
    author: Author, schema: ObjectSchema, header: Sequence[str], asked: AskedImport
) -> _Columns:
    said = by_header(header, asked.mapping)
    check_admin_fields(author, schema, [*filter(None, said.values()), *header])
    mapping = _said_fields(author, schema, said) | _slugs(author, schema, header, said)
    beside = _said_beside(said, mapping)
    is_export = "id" in header and "id" not in mapping and set(MOMENTS) <= set(header)
    for name in header:
        if name in mapping or name in beside:
            continue
        if kind := SPELLINGS.get(name):
            _add(beside, name, kind)
        elif is_export and (name == Beside.ID or name in MOMENTS):
            mapping[name] = None
    if is_export and asked.match_field is None and asked.mode != "create":
        beside[Beside.ID.value] = Beside.ID.value
        mapping.pop(Beside.ID.value)
    match = _matched(author, schema, header, asked.match_field, mapping, beside)
    return _Columns(mapping, _told_members(author, beside, mapping), match)


def _said_fields(
    author: Author, schema: ObjectSchema, said: Mapping[str, str | None]
) -> dict[str, str | None]:
    """The columns that the mapping makes a field, or leaves out."""
    known = {spec.name for spec in visible_fields(author, schema)}
    wrong = [
        name
        for name in said.values()
        if name is not None and name not in known and name not in SPELLINGS
    ]
    if wrong:
        raise InvalidInput(
            f"there is no field {', '.join(map(quoted, wrong[:10]))}.",
            "does_not_exist",
            at="mapping",
        )
    return {header: name for header, name in said.items() if name is None or name in known}


def _slugs(
    author: Author,
    schema: ObjectSchema,
    header: Sequence[str],
    said: Mapping[str, str | None],
) -> dict[str, str | None]:
    """The columns whose headers are slugs; those of fields that nobody writes, or that another
    column is said to be, are passed over."""
    fields = {spec.name: spec for spec in visible_fields(author, schema)}
    taken = set(said.values())
    return {
        name: name if may_write(author, fields[name]) and name not in taken else None
        for name in header
        if name in fields and name not in said
    }


def _said_beside(
    said: Mapping[str, str | None], mapping: Mapping[str, str | None]
) -> dict[str, str]:
    """The columns that the mapping says tell something beside the values."""
    beside: dict[str, str] = {}
    for header, name in said.items():
        if header not in mapping and name is not None:
            _add(beside, header, SPELLINGS[name])
    return beside


def _add(beside: dict[str, str], header: str, kind: Beside) -> None:
    other = next((name for name, taken in beside.items() if taken == kind), None)
    if other is not None:
        raise InvalidInput(
            f"the columns {quoted(other)} and {quoted(header)} are both {kind.value}.",
            at="mapping",
        )
    beside[header] = kind.value


def _matched(
    author: Author,
    schema: ObjectSchema,
    header: Sequence[str],
    asked: str | None,
    mapping: dict[str, str | None],
    beside: dict[str, str],
) -> str | None:
    """The slug of the field that rows are matched by. The column of the field that stands for the
    external id becomes that of the external id."""
    spec = None if asked is None else matched_field(author, schema, asked)
    external = schema.external_id_field
    if spec is not None and spec is not external:
        return spec.name
    if external is not None and Beside.EXTERNAL_ID not in beside.values():
        found = suggest_fields(author, schema, header) | mapping
        column = next((name for name in header if found.get(name) == external.name), None)
        if column is not None and column not in beside:
            beside[column] = Beside.EXTERNAL_ID.value
            mapping.pop(column, None)
    if spec is not None and Beside.EXTERNAL_ID not in beside.values():
        raise InvalidInput(f"the file has no column for {spec.name!r}.", at="matchField")
    return None


def _told_members(
    author: Author, beside: dict[str, str], mapping: dict[str, str | None]
) -> dict[str, str]:
    """The columns beside the values, without those that tell of members whom the author may not
    read: an export has their numbers, too."""
    telling = [
        header
        for header, kind in beside.items()
        if kind in (Beside.MEMBER_EMAIL, Beside.MEMBER_EXTERNAL_ID)
    ]
    if not telling or has_scope(author, "members", "read"):
        return beside
    if Beside.MEMBER_ID not in beside.values():
        raise NotAllowed(
            f"The column {quoted(telling[0])} takes the scope members:read; send memberId."
        )
    mapping.update(dict.fromkeys(telling))
    return {header: kind for header, kind in beside.items() if header not in telling}
