"""What a field type is, and the shapes it works on.

A field type turns what a caller sends into a stored value in normal form (`parse`), back into what
a caller reads (`to_json`), into the scalars of the typed index (`index_values`), and filter
conditions into tests of that index (`conditions`). It sees the field's definition and nothing else:
no user, no request, no database. What only the database knows (which record, member or tag a value
names) it leaves as a reference for the core to resolve.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from records.exceptions import Misplaced, located, place_of
from records.registry import Registry

if TYPE_CHECKING:  # it builds on this module
    from .surroundings import Surroundings

JSON = Any
Stored = Any

MAX_INDEXED = 255  # characters of a text that the index sorts by
MAX_QUOTED = 80
CALLER = "is_me"
MAX_EMAIL = 254
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NAMES = (
    "amount",
    "email",
    "name",
    "display_name",
    "id",
)  # what names a thing in a cell: the first that it has
# What a search can compute of values, and the periods by which it can group moments.
COUNTED = ("count", "distinct")
COMPARED = (*COUNTED, "min", "max")
SUMMED = (*COMPARED, "sum", "avg")
PERIODS = ("day", "week", "month", "quarter", "year")
field_types: Registry[FieldType] = Registry("field type")


class InvalidValue(Exception):
    """A value or setting this type does not take: at `path` in it, for a `reason`; `message` has
    both.

    `code` is one of the documented stable codes.
    """

    def __init__(
        self, reason: str, code: str = "invalid", *, at: str | int | Sequence[str | int] = ()
    ) -> None:
        self.path = place_of(at)
        self.reason = reason
        self.message = located(self.path, reason)
        self.code = code
        super().__init__(self.message)

    @classmethod
    def of(cls, problem: Misplaced, *before: str | int) -> InvalidValue:
        """The same problem, seen from further out."""
        return InvalidValue(problem.reason, problem.code, at=(*before, *problem.path))


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One option of a choice field; `by_hand` if it is part of the definition, and not made by a
    record."""

    id: int
    uuid: str
    name: str
    code: str
    order: int = 0
    stage_status: str = ""
    percentage: int | None = None
    deleted: bool = False
    by_hand: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class FieldSpec:
    """A field as the core works with it: compiled from its row once per schema version.

    `options` holds deleted ones too (history names them); `option_keys` finds a live one by UUID,
    by `name:<normal name>` and by `code:<casefolded code>`.
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
    validation: str = ""
    validation_message: str = ""
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
    language: str = ""
    is_link: bool = field(init=False)  # values are records
    is_exclusive: bool = field(init=False)  # a link that no two records share, so unique by nature

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_link", bool(self.relation_kind))
        object.__setattr__(self, "is_exclusive", self.relation_kind == "one_to_one")

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
    """What the values of a page refer to, ready to be shown: JSON by primary key. Absent = not
    visible."""

    records: Mapping[int, JSON] = field(default_factory=dict)
    members: Mapping[int, JSON] = field(default_factory=dict)
    attachments: Mapping[int, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Test:
    """A test of a field's index rows.

    `op` is one of `eq in lt lte gt gte between contains starts_with ends_with month any count`, or
    of those that are no condition of a type, `entered left matching`;
    `value` is in the index's form, or holds references for the core to resolve. `any`: there is a
    row at all. `month`: value is `(number of the month, time zone)`. `count`: value is
    `(comparison, number of rows)` with comparison one of `= < <= > >=`. `entered` and `left`: value
    is `(option, test of the moment)`, met by no record that never did. `matching`: value is the
    filter that a linked record must meet. `negated`: records none of whose rows pass, blank ones
    included. `language` is that of the texts tested.
    """

    op: str
    value: Any = None
    negated: bool = False
    language: str = ""


Condition = Callable[["FieldSpec", JSON], Test]


def referred(field: FieldSpec, item: Stored) -> str:
    """What names an option or a reference that is not resolved."""
    if isinstance(item, int):
        return field.options[item].name
    if isinstance(item, (RecordRef, NewOption)) and item.name is not None:
        return item.name
    if isinstance(item, MemberRef) and (item.email is not None or item.is_me):
        return item.email or CALLER
    return str(item.uuid)


def names(field: FieldSpec, text: str, item: Stored) -> bool:
    """Whether a text is what names an option or a reference, or an id. How the address of a member
    is cased, only the member tells."""
    if isinstance(item, MemberRef) and item.email is not None:
        return text.lower() == item.email
    return text == referred(field, item) or UUID_FORM.fullmatch(text) is not None


def normal_text(text: str) -> str:
    """The form in which texts are compared: NFC, casefolded, runs of white space as one space,
    trimmed."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(folded.split())


def check_text(raw: JSON, limit: int) -> str:
    """`raw` as a text of at most `limit` characters that both engines can store; else
    InvalidValue."""
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
    """The UUID that `raw` is, or has as its `id` (what callers read can be sent back), in lower
    case."""
    if isinstance(raw, dict):
        raw = raw.get("id")
    if isinstance(raw, str) and UUID_FORM.fullmatch(raw):
        return raw.lower()
    raise InvalidValue(f"Expected the id of {what}.")


def member_ref(field: FieldSpec, raw: JSON) -> MemberRef:
    """The member that `raw` names: an id, bare or in an object, `{"email"}`, or the caller."""
    if raw == CALLER:
        return MemberRef(is_me=True)
    if isinstance(raw, dict) and raw.get("id") is None and isinstance(raw.get("email"), str):
        return MemberRef(email=check_text(raw["email"], MAX_EMAIL).strip().lower())
    return MemberRef(uuid=check_id(raw, f'a member, or "{CALLER}"'))


def quoted(text: str) -> str:
    """`text` for an error message: short, and valid Unicode even where the caller's is not."""
    shown = text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"
    return f'"{shown.encode(errors="replace").decode()}"'


# An entry of a list in a cell: in quotes where it has a semicolon in it, or begins with a quote.
ENTRY = re.compile(r'\s*(?:"((?:[^"]|"")++)"\s*(?=;|\Z)|([^;]*))(?:;|\Z)')


def unlisted(cell: str) -> list[str]:
    """The entries of a cell that holds a list, as `listed` writes it or people do."""
    if '"' not in cell:
        return [entry for part in cell.split(";") if (entry := part.strip())]
    found, at = [], 0
    while at < len(cell):
        match = ENTRY.match(cell, at)
        assert match is not None  # an entry may be anything up to the next semicolon
        quoted, plain = match.groups()
        found.append(plain.strip() if quoted is None else quoted.replace('""', '"'))
        at = match.end()
    return [entry for entry in found if entry]


def listed(entries: Sequence[str], *, in_quotes: bool = False) -> str:
    """The cell of a list, of which `unlisted` makes its entries again."""
    return "; ".join(
        '"' + entry.replace('"', '""') + '"'
        if in_quotes or ";" in entry or entry[:1] == '"'
        else entry
        for entry in entries
    )


def settings_group(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The settings under `key`, empty when there are none."""
    group = settings.get(key)
    if group is None:
        return {}
    if not isinstance(group, dict):
        raise InvalidValue("expected an object.", at=key)
    return group


def cell_text(shown: JSON) -> str:
    """What a caller reads of a value, as one line of text: lists by semicolons, things by their
    names."""
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return "true" if shown else "false"
    if isinstance(shown, (list, tuple)):
        return listed([cell_text(item) for item in shown])
    if isinstance(shown, dict):
        return cell_text(next((shown[key] for key in NAMES if shown.get(key) is not None), None))
    return str(shown)


def member_name(member: Mapping[str, Any] | None) -> str:
    """A member by name, else by e-mail; nothing for nobody."""
    if member is None:
        return ""
    return f"{member.get('first_name', '')} {member.get('last_name', '')}".strip() or str(
        member.get("email", "")
    )


def shown_name(thing: Mapping[str, Any]) -> str:
    """An option, a member, a record or a file, as people read it."""
    return str(
        thing.get("display_name") or thing.get("name") or member_name(thing) or thing.get("id", "")
    )


def plain_number(number: float, *, grouped: bool = False) -> str:
    """A number without exponent; grouped, as money is written."""
    exact = Decimal(str(number))
    if grouped and exact.as_tuple().exponent == -1:
        exact = exact.quantize(Decimal("0.01"))
    return f"{exact:,f}" if grouped else f"{exact:f}"


@dataclass(frozen=True, slots=True)
class Guess:
    """How an import recognises a column of a type's values, where a new object is made of a file.

    Of the types whose values all cells are, the one with the lowest `rank` is proposed. `form` is
    how cells begin. `wider_than` names a type of a lower rank whose every value is also one of this
    type. `marks` are characters to look out for in the cells.
    """

    rank: int
    form: re.Pattern[str] | None = None
    wider_than: str = ""
    marks: tuple[str, ...] = ()


class FieldType:
    """One kind of value. Subclasses set the class attributes and override what differs.

    Outside this package nothing asks which type a field has: it asks what the type says here. A
    type needs a `name`, a `label`, `parse`, `json_schema` and `example`; whatever else it does not
    say has a default.
    """

    name: ClassVar[str]
    label: ClassVar[str]  # what people call it

    # ------------------------------------------------------------ how values are kept and found

    # The typed index column its values are found by; None for a type that is not indexed.
    column: ClassVar[str | None] = "text"
    # The stored form is already what callers read, so reading skips `to_json`.
    plain: ClassVar[bool] = True
    # The free-text search looks into the values.
    text_like: ClassVar[bool] = False
    # A value is one short scalar. An object's identifier is a field whose type is this and
    # `text_like`.
    may_be_unique: ClassVar[bool] = False
    conditions: ClassVar[Mapping[str, Condition]] = {}
    # What searches compute of the values.
    aggregates: ClassVar[tuple[str, ...]] = COUNTED
    # By what searches group records: the values themselves (empty), or periods, the first of which
    # is taken where none is named; nothing for values that make no groups.
    groups: ClassVar[tuple[str, ...]] = ("",)
    # Values are options of the field; a new field begins with `default_options`.
    has_options: ClassVar[bool] = False
    default_options: ClassVar[tuple[str, ...]] = ()
    # What the values are primary keys of, unless options: they are shown by what `References`
    # holds.
    refers_to: ClassVar[Literal["", "record", "member", "attachment"]] = ""
    # The rule by which `compute` fills the fields of a type that nobody writes.
    computed: ClassVar[str] = ""

    # ------------------------------------------------------------ how values are shown and sent

    # The part of what callers read by which a value is sent back, where that is shorter (an
    # option's name).
    sent_by: ClassVar[str] = ""
    # Values are JSON of any shape, which people read and write as JSON.
    is_document: ClassVar[bool] = False
    # Tables align the values as numbers.
    is_numeric: ClassVar[bool] = False
    # A page holds few distinct values, so what is shown of each is remembered.
    few_values: ClassVar[bool] = False

    # ------------------------------------------------------------ names and settings

    # What the Workspace API calls the type, where that differs, and other names that it takes.
    workspace_name: ClassVar[str] = ""
    workspace_aliases: ClassVar[tuple[str, ...]] = ()
    # Keys, by group, that settings may have beside those that `check_settings` completes.
    optional_settings: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # JSON Schema of the settings' keys, by group, for the APIs' documentation; a group without keys
    # takes any.
    documented_settings: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    # Keys of settings that are texts even where they look like numbers.
    text_settings: ClassVar[tuple[str, ...]] = ()
    # The settings (group and key) that the Workspace API calls minimum, maximum, pattern and
    # expression.
    rules: ClassVar[Mapping[str, tuple[str, str]]] = {}
    required_rules: ClassVar[tuple[str, ...]] = ()
    # How an import recognises a column of values; None: it never proposes the type.
    guess: ClassVar[Guess | None] = None

    def is_multiple(self, field: FieldSpec) -> bool:
        """Whether a field of this type holds a list."""
        return False

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        """The stored form of `raw`, which is never None; None for a blank (an empty text, an empty
        list).

        Raises InvalidValue, and nothing else, whatever JSON `raw` is. May hold RecordRef,
        MemberRef, AttachmentRef or NewOption for the core to resolve.
        """
        raise NotImplementedError

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        """What a cell of a CSV file says, in a form `parse` takes; lists are separated by
        semicolons.

        Never raises: a cell it cannot read comes back as it is, for `parse` to refuse.
        """
        return text

    def readable_part(self, field: FieldSpec, text: str) -> str:
        """What of a cell that `parse` refuses may be a value, as of a phone number with an
        extension; an import counts it as read differently."""
        return ""

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        """What a caller reads; None when nothing of it is visible."""
        return stored

    def to_plain(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        """What a simple program reads: names and primary keys in the place of objects; None as in
        `to_json`."""
        return self.to_json(field, stored, references)

    def from_plain(self, raw: JSON) -> JSON:
        """What a simple program sends, in the form that `parse` takes."""
        return raw

    def to_cell(self, field: FieldSpec, shown: JSON) -> str | int | float:
        """The table cell for what a caller reads: a number, or a text that `from_text` reads
        back."""
        return shown if type(shown) is str else cell_text(shown)

    def is_kept(self, field: FieldSpec, text: str, stored: Stored) -> bool:
        """Whether a cell of this text says what is stored, and nothing else; `stored` is what
        `parse` made of it, with the references in it."""
        if self.is_multiple(field) and isinstance(stored, list):
            return any(
                len(said) == len(stored) and all(map(partial(names, field), said, stored))
                for said in (unlisted(text), [text.strip()])
            )
        if self.has_options or self.refers_to:
            return names(field, text.strip(), stored)
        return self.read_as(field, stored) in (text, text.strip())

    def read_as(self, field: FieldSpec, stored: Stored) -> str:
        """What `parse` made of a cell as the cell of an export, its references by what names
        them."""
        if self.is_multiple(field) and isinstance(stored, list):
            return listed([referred(field, item) for item in stored])
        if self.has_options or self.refers_to:
            return referred(field, stored)
        return cell_text(self.to_cell(field, self.to_json(field, stored, References())))

    def to_sheet_cell(self, field: FieldSpec, shown: JSON) -> str | int | float | date:
        """The cell of a workbook for what a caller reads: as `to_cell`, or a day or a moment of the
        workspace's clocks that a reader of the sheet takes for this value."""
        return self.to_cell(field, shown)

    def to_words(self, field: FieldSpec, shown: JSON) -> str:
        """One value that a caller reads, as people read it on a page."""
        if isinstance(shown, Mapping):
            return shown_name(shown)
        if isinstance(shown, bool):
            return "Yes" if shown else "No"
        return plain_number(shown) if isinstance(shown, (int, float)) else str(shown)

    def name_part(
        self, field: FieldSpec, stored: Stored, names: Mapping[int, str], members: Mapping[int, str]
    ) -> str:
        """A stored value in a record's display name. `names`: display names of linked records."""
        return str(stored)

    def hint(self, field: FieldSpec) -> str:
        """How people write a value, where that is not obvious."""
        return ""

    def is_typed(self, field: FieldSpec) -> bool:
        """Whether people type options, which need not exist yet, instead of choosing them."""
        return False

    def index_values(self, field: FieldSpec, stored: Stored) -> Iterable[Any]:
        """The scalars of the typed index, in order: texts in full, numbers, datetimes, primary
        keys."""
        return (stored,)

    def from_index(self, field: FieldSpec, indexed: Any) -> Stored:
        """The stored value of which an indexed scalar was made; not asked of texts, which the index
        has in another form."""
        return indexed

    def clock(self, field: FieldSpec) -> str:
        """The time zone in which indexed moments fall into days and months."""
        return field.zone.key

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        """JSON Schema of the forms of `parse` that callers should send."""
        raise NotImplementedError

    def example(self, field: FieldSpec) -> JSON:
        """A value that meets `json_schema` and that `parse` takes."""
        raise NotImplementedError

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The field's settings, checked and completed with defaults; InvalidValue says what is
        wrong.

        Each type has one key, named as in the API; keys it does not know are left out.
        """
        return {}

    def setting_keys(self) -> dict[str, tuple[str, ...]]:
        """The keys of the settings that a field of this type may have, by group."""
        return {
            group: tuple(keys)
            for group, keys in {**self.check_settings({}), **self.optional_settings}.items()
        }

    def fits(self, texts: Collection[str]) -> bool:
        """Whether all these cells of a column are values of this type; asked where the type has a
        `guess`.

        Cells that do not begin like the guess's form are not even tried.
        """
        spec, form = FieldSpec(0, "", "", "", self), self.guess.form if self.guess else None
        try:
            return all(form is None or form.match(text) for text in texts) and all(
                self.parse(spec, self.from_text(spec, text)) is not None for text in texts
            )
        except InvalidValue:
            return False

    def guess_settings(
        self, header: str, words: Collection[str], marks: Collection[str]
    ) -> Mapping[str, Any] | None:
        """The settings of a field for a column that fits; None when its header or cells speak
        against the type.

        `words` are those of the header, `marks` those of the guess's marks that its cells have.
        """
        return {}

    def compute(
        self,
        field: FieldSpec,
        fields: Iterable[FieldSpec],
        values: Mapping[str, Stored],
        around: Surroundings,
    ) -> Stored:
        """The value of a `computed` field, made of a record's stored values; None for a blank."""
        raise NotImplementedError

    def typed(self, settings: Mapping[str, Any]) -> FieldType:
        """The type by which the values of a field with these settings are kept and found."""
        return self

    def result_of(self, settings: Mapping[str, Any], fields: Iterable[FieldSpec]) -> str:
        """The type of result that a `computed` field makes of these fields; empty where that
        cannot be told. InvalidValue if it never makes any."""
        return ""

    def names_read(self, settings: Mapping[str, Any]) -> Mapping[str, int]:
        """The API names of the fields that a `computed` field with these settings reads, each with
        its place (from 1) in what the settings say."""
        return {}

    def may_read(self, settings: Mapping[str, Any], name: str) -> bool:
        """Whether a `computed` field with these settings may read the field of this API name."""
        return False

    def member_read(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """What a `computed` field with these settings reads of the record's member."""
        return frozenset()

    def reads_now(self, settings: Mapping[str, Any]) -> bool:
        """Whether the moment of the write makes a difference to a `computed` field."""
        return False

    def failure(
        self,
        field: FieldSpec,
        fields: Iterable[FieldSpec],
        values: Mapping[str, Stored],
        around: Surroundings,
    ) -> str:
        """Why `compute` makes nothing of these values, in a sentence that shows none of them; empty
        where there is nothing to compute, or it makes something."""
        return ""

    def named_choices(self) -> tuple[str, ...]:
        """The values that fields of the type can hold, where they are the same everywhere and few
        enough to choose from."""
        return ()

    def reads(self, settings: Mapping[str, Any], name: str) -> bool:
        """Whether a `computed` field with these settings names that field, which then cannot be
        deleted."""
        return False
