"""What a field type is, and the shapes it works on.

A field type turns what a caller sends into a stored value in normal form (`parse`), back into what a caller
reads (`to_json`), into the scalars of the typed index (`index_values`), and filter conditions into tests of
that index (`conditions`). It sees the field's definition and nothing else: no user, no request, no database.
What only the database knows (which record, member or tag a value names) it leaves as a reference for the core
to resolve.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from records.registry import Registry

JSON = Any
Stored = Any

MAX_INDEXED = 255  # characters of a text that the index sorts by
MAX_QUOTED = 80
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
field_types: Registry[FieldType] = Registry("field type")


class InvalidValue(Exception):
    """A value this type does not take. `code` is one of the documented stable codes."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One option of a choice field, with its ready-made JSON form."""

    id: int
    uuid: str
    name: str
    code: str
    order: int = 0
    stage_status: str = ""
    percentage: int | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FieldSpec:
    """A field as the core works with it: compiled from its row once per schema version.

    `options` holds deleted ones too (history names them); `option_keys` finds a live one by UUID, by
    `name:<normal name>` and by `code:<casefolded code>`.
    """

    id: int
    uuid: str
    name: str
    display_name: str
    type: FieldType
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[int, OptionSpec] = field(default_factory=dict)
    option_keys: Mapping[str, int] = field(default_factory=dict)
    default_value: JSON = None
    category_uuid: str = ""
    description: str = ""
    is_required: bool = False
    is_read_only: bool = False
    is_hidden: bool = False
    is_unique: bool = False
    is_default: bool = False
    is_admin_only: bool = False
    is_external_id: bool = False
    should_index: bool = True
    is_deletable: bool = True
    allows_empty: bool = True
    computed: str = ""
    relation_kind: str = ""
    related_object_id: int | None = None
    mirror_of_id: int | None = None
    mirror_id: int | None = None
    order: int = 0
    region: str = "US"
    zone: ZoneInfo = ZoneInfo("UTC")  # noqa: RUF009 - ZoneInfo is immutable

    @property
    def multiple(self) -> bool:
        """Whether the field holds a list of values."""
        return self.type.is_multiple(self)


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A record a relationship value names: by UUID, or by the related object's identifier."""

    uuid: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MemberRef:
    """A member a value names: by UUID, by email, or the caller (`is_me`)."""

    uuid: str | None = None
    email: str | None = None
    is_me: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentRef:
    """An attachment a `files` value names, by UUID."""

    uuid: str


@dataclass(frozen=True, slots=True)
class NewOption:
    """A tag that does not exist yet and is made by being used."""

    name: str


@dataclass(frozen=True, slots=True)
class References:
    """What the values of a page refer to, ready to be shown: JSON by primary key. Absent = not visible."""

    records: Mapping[int, JSON] = field(default_factory=dict)
    members: Mapping[int, JSON] = field(default_factory=dict)
    attachments: Mapping[int, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Test:
    """A test of a field's index rows.

    `op` is one of `eq in lt lte gt gte between contains starts_with ends_with month any count`; `value` is in
    the index's form, or holds references for the core to resolve. `any`: there is a row at all. `count`:
    value is `(comparison, number of rows)` with comparison one of `= < <= > >=`. `negated`: records none of
    whose rows pass, blank ones included.
    """

    op: str
    value: Any = None
    negated: bool = False


Condition = Callable[["FieldSpec", JSON], Test]


def normal_text(text: str) -> str:
    """The form in which texts are compared: NFC, casefolded, runs of white space as one space, trimmed."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(folded.split())


def check_text(raw: JSON, limit: int) -> str:
    """`raw` as a text of at most `limit` characters that both engines can store; else InvalidValue."""
    if not isinstance(raw, str):
        raise InvalidValue("Expected a string.")
    if len(raw) > limit:
        raise InvalidValue(f"Ensure this value has at most {limit} characters.", "limit_exceeded")
    if "\x00" in raw:
        raise InvalidValue("Null characters are not allowed.")
    if not raw.isascii():
        try:
            raw.encode()
        except UnicodeEncodeError:
            raise InvalidValue("The text is not valid Unicode.") from None
    return raw


def check_list(raw: JSON, limit: int) -> list[JSON]:
    """`raw` as a list of at most `limit` entries; the empty text is an empty list."""
    if raw == "":
        return []
    if not isinstance(raw, list):
        raise InvalidValue("Expected a list.")
    if len(raw) > limit:
        raise InvalidValue(f"Ensure this list has at most {limit} entries.", "limit_exceeded")
    return raw


def check_id(raw: JSON, what: str) -> str:
    """The UUID that `raw` is, or has as its `id` (what callers read can be sent back), in lower case."""
    if isinstance(raw, dict):
        raw = raw.get("id")
    if isinstance(raw, str) and UUID_FORM.fullmatch(raw):
        return raw.lower()
    raise InvalidValue(f"Expected the id of {what}.")


def quoted(text: str) -> str:
    """`text` for an error message: short, and valid Unicode even where the caller's is not."""
    shown = text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"
    return f'"{shown.encode(errors="replace").decode()}"'


def unlisted(cell: str) -> list[str]:
    """The entries of a CSV cell that holds a list."""
    return [entry for part in cell.split(";") if (entry := part.strip())]


def settings_group(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The settings under `key`, empty when there are none."""
    group = settings.get(key)
    if group is None:
        return {}
    if not isinstance(group, dict):
        raise InvalidValue(f"{key}: expected an object.")
    return group


class FieldType:
    """One kind of value. Subclasses set the class attributes and override what differs.

    `column` is the typed index column its values are found by, None for a type that is not indexed. `plain`
    says that the stored form is already what callers read, so that reading skips `to_json`. `text_like` types
    are searched by the free-text search. A field may be unique where its type `may_be_unique`: one short
    scalar per record; an object's identifier is a field whose type is both. `sent_by` is the part of what callers
    read by which the value is sent back, where that is shorter (an option's name, a record's id). Values of an
    `is_document` type are JSON of any shape, which people read and write as JSON.
    `computed` names the rule that fills the fields of a type that nobody writes. `optional_settings` are keys, by
    group, that settings may lack.
    """

    name: ClassVar[str]
    column: ClassVar[str | None] = "text"
    plain: ClassVar[bool] = True
    text_like: ClassVar[bool] = False
    may_be_unique: ClassVar[bool] = False
    sent_by: ClassVar[str] = ""
    is_document: ClassVar[bool] = False
    conditions: ClassVar[Mapping[str, Condition]] = {}
    default_options: ClassVar[tuple[str, ...]] = ()
    computed: ClassVar[str] = ""
    optional_settings: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def is_multiple(self, field: FieldSpec) -> bool:
        """Whether a field of this type holds a list."""
        return False

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        """The stored form of `raw`, which is never None; None for a blank (an empty text, an empty list).

        Raises InvalidValue, and nothing else, whatever JSON `raw` is. May hold RecordRef, MemberRef,
        AttachmentRef or NewOption for the core to resolve.
        """
        raise NotImplementedError

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        """What a cell of a CSV file says, in a form `parse` takes; lists are separated by semicolons.

        Never raises: a cell it cannot read comes back as it is, for `parse` to refuse.
        """
        return text

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        """What a caller reads; None when nothing of it is visible."""
        return stored

    def index_values(self, field: FieldSpec, stored: Stored) -> Iterable[Any]:
        """The scalars of the typed index, in order: texts in full, numbers, datetimes, primary keys."""
        return (stored,)

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        """JSON Schema of the forms of `parse` that callers should send."""
        raise NotImplementedError

    def example(self, field: FieldSpec) -> JSON:
        """A value that meets `json_schema` and that `parse` takes."""
        raise NotImplementedError

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The field's settings, checked and completed with defaults; InvalidValue says what is wrong.

        Each type has one key, named as in the API; keys it does not know are left out.
        """
        return {}
