"""From a tree of tests to SQL over the typed index.

A test has two forms. `probed` looks up one record's own rows by their primary key. `in_set` tests
whether a record is in a set of keys that is built once: PostgreSQL hashes it, SQLite keeps it in a
tree. Both cost the same for each record whatever the planner's estimates, and neither is a join,
which a planner without statistics may execute as one scan per record. Columns of the record itself
are tested in its row when that is being read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.field_types import (
    FieldSpec,
    InvalidValue,
    MemberRef,
    RecordRef,
    Test,
    index_text,
)
from records.models import RecordState
from records.services.access import Author, visible_condition, visible_identifier
from records.services.catalogue import (
    COLUMN_FIELDS,
    ObjectSchema,
    identifier_key,
)
from records.services.database import (
    Fragment,
    canonical_uuid,
    in_ids,
    in_set,
    in_texts,
    in_uuids,
    one_of_few,
)

from .column_tests import tested
from .drivers import drivers, is_negated
from .filters import (
    AllOf,
    AnyOf,
    Leaf,
    Node,
    NoneOf,
    TextSearch,
)
from .own_columns import NEVER_NULL, OWN_COLUMNS

NOTHING: Fragment = ("FALSE", [])
MOVES = {"entered": "v.entered_at", "left": "v.left_at"}
RECORD = "r.id"  # the key of a record whose row is being read, under the alias `r`


class FilterSql:
    """Writes the SQL of one search, of the live records or of the archived ones (`state`)."""

    def __init__(
        self, author: Author, schema: ObjectSchema, state: str = RecordState.ACTIVE
    ) -> None:
        self.author = author
        self.schema = schema
        self.live = state == RecordState.ACTIVE
        self.workspace_id = author.workspace.id

    # ------------------------------------------------------------ nodes

    def predicate(self, node: Node, key: str, *, sets: bool) -> Fragment:
        """A condition: the record with the primary key `key` meets the node; `sets`: by sets where
        possible."""
        # Nothing below knows AND and OR: they are joined here, so each leaf is written in one form
        # only.
        if isinstance(node, AllOf):
            return self.all_of(node.children, key, sets=sets)
        if isinstance(node, AnyOf):
            return joined(
                " OR ", [self.predicate(child, key, sets=sets) for child in node.children]
            )
        if isinstance(node, NoneOf):
            held, params = joined(
                " OR ", [self.predicate(child, key, sets=sets) for child in node.children]
            )
            # What is unknown does not hold.
            return f"({held}) IS NOT TRUE", params
        # Before the index forms: columns of the record have no index rows.
        if isinstance(node, Leaf) and is_own(node):
            return self._own(node, key)
        if isinstance(node, TextSearch):
            return self._text_tested(node, key, sets=sets)
        # Archived records have no live rows, so their tests are probed one record at a time.
        if sets and self.has_keys(node):
            keys, params = self.keys(node, live=False)  # which of them live is tested elsewhere
            return in_set(key, keys, negated=node.test.negated), params
        return self._probed(node, key)

    def all_of(self, nodes: Sequence[Node], key: str, *, sets: bool) -> Fragment:
        """A condition: the record meets all of these."""
        return joined(" AND ", [self.predicate(node, key, sets=sets) for node in nodes])

    def has_keys(self, node: Node) -> bool:
        """Whether an index holds the keys of the records that meet the node, disregarding its
        negation."""
        if isinstance(node, AnyOf):
            # A negated child is met by records that have no row at all, which no SELECT of rows can
            # return.
            return bool(node.children) and all(
                self.has_keys(child) and not is_negated(child) for child in node.children
            )
        # Index rows of archived records are not live, and the indexes by value hold live rows only.
        if isinstance(node, AllOf | NoneOf) or not self.live:
            return False
        return isinstance(node, TextSearch) or not (
            # A test of files compares their number, which is no value in a row.
            is_own(node) or _kind(node.field) == "attachment"
        )

    def keys(self, node: Node, *, live: bool = True) -> Fragment:
        """A SELECT of the keys of the live records that meet a node, disregarding its negation;
        they may repeat. Without `live`, others may be among them."""
        if isinstance(node, AnyOf):
            return _union([self.keys(child, live=live) for child in node.children])
        if isinstance(node, TextSearch):
            return self._text_keys(node)
        assert isinstance(node, Leaf)
        rows, params = self._rows(node)
        if node.test.op in MOVES:
            rows, params = self._of_live(rows, params) if live else (rows, params)
        else:
            rows = f"{rows} AND v.live"
        return f"SELECT {_key_column(node)} AS id {rows}", params

    def matching(self, node: Node) -> Fragment:
        """A SELECT of the keys of the live records that the caller may see and that meet the node,
        as a filter of linked records does; they may repeat."""
        nodes = node.children if isinstance(node, AllOf) else (node,)
        visible, params = visible_condition(self.author, self.schema, "r")
        # As in a search, the index alone can answer where every record is visible.
        best = next(iter(drivers(nodes, self.has_keys)), None) if visible == "TRUE" else None
        if best is not None:
            keys, params = self.keys(best)
            rest, more = self.all_of(
                [child for child in nodes if child is not best], "d.id", sets=True
            )
            return f"SELECT d.id FROM ({keys}) d WHERE {rest}", [*params, *more]
        chosen, more = self.all_of(nodes, RECORD, sets=True)
        return (
            "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s"
            f" AND r.state = 'active' AND {chosen} AND {visible}"
        ), [self.workspace_id, self.schema.id, *more, *params]

    # ------------------------------------------------------------ leaves

    def _own(self, leaf: Leaf, key: str) -> Fragment:
        """A test of a column of the record."""
        # Outside of a walk over records, the record has to be fetched by its key, under another
        # alias.
        alias = "r" if key == RECORD else "c"
        column = f"{alias}.{OWN_COLUMNS[leaf.field.computed]}"
        kind = _kind(leaf.field)
        chosen, params = (
            self._member(column, leaf.test)
            if kind == "member"
            else tested(column, None, kind, leaf.test)
        )
        # The column is not null: a record without a name has an empty text there.
        if leaf.field.computed in NEVER_NULL:
            chosen = f"{column} <> '' AND {chosen}"
        # A record without a value meets the opposite of a test: NULL must count as not passed.
        if key == RECORD:
            return f"({chosen})" + (" IS NOT TRUE" if leaf.test.negated else ""), params
        return found(
            f"FROM records_record c WHERE c.workspace_id = %s AND c.id = {key} AND {chosen}",
            negated=leaf.test.negated,
        ), [self.workspace_id, *params]

    def _probed(self, leaf: Leaf, key: str) -> Fragment:
        """A test of the rows of one record, by the primary key.

        `v.live` would be redundant, and would make the planner use the indexes by value, which have
        the record as their last column: right where the value is given, but a full scan where it is
        not.
        """
        # A count has no row to look for: zero is one of its results.
        if leaf.test.op == "count":
            return self._counted(leaf, key)
        rows, params = self._rows(leaf)
        by_value = leaf.field.mirror_of_id is not None or (self.live and leaf.test.op == "eq")
        live = " AND v.live" if by_value else ""
        return found(
            f"{rows} AND {_key_column(leaf)} = {key}{live}", negated=leaf.test.negated
        ), params

    def _rows(self, leaf: Leaf) -> Fragment:
        """`FROM … WHERE …` of the index rows that pass the leaf's test, disregarding its
        negation."""
        field = leaf.field
        if leaf.test.op in MOVES:
            return self._moves(leaf.test)
        chosen, params = self._value_tested(field, leaf.test)
        # The rows of a mirror are those of the records that link to this one.
        near_id = field.id if field.mirror_of_id is None else field.mirror_of_id
        return (
            f"FROM records_fieldvalue v WHERE v.workspace_id = %s AND v.field_id = %s AND {chosen}",
            [self.workspace_id, near_id, *params],
        )

    def _moves(self, test: Test) -> Fragment:
        """The last times that records entered or left a stage, of those that ever did."""
        stage, when = test.value
        column = MOVES[test.op]
        chosen, params = tested(column, None, "moment", when)
        sign = "NOT " if when.negated else ""
        return (
            "FROM records_stagetime v WHERE v.workspace_id = %s AND v.stage = %s"
            f" AND {column} IS NOT NULL AND {sign}({chosen})"
        ), [self.workspace_id, stage, *params]

    def _of_live(self, rows: str, params: list[Any]) -> Fragment:
        """Rows `v` without those of archived records, which the rows themselves do not tell."""
        live = found(
            "FROM records_record l WHERE l.workspace_id = %s AND l.id = v.record_id"
            " AND l.state = 'active'"
        )
        return f"{rows} AND {live}", [*params, self.workspace_id]

    def _value_tested(self, field: FieldSpec, test: Test) -> Fragment:
        column = _kind(field)
        if column == "related_record":
            return self._related(field, test)
        if column == "member":
            return self._member("v.member", test)
        return tested(f"v.{column}", "v.overflow" if column == "text" else None, column, test)

    def _counted(self, leaf: Leaf, key: str) -> Fragment:
        comparison, number = leaf.test.value
        return (
            "((SELECT count(*) FROM records_fieldvalue v WHERE v.workspace_id = %s AND "
            "v.field_id = %s"
            f" AND v.record_id = {key}) {comparison} %s) IS "
            f"{'NOT ' if leaf.test.negated else ''}TRUE"
        ), [self.workspace_id, leaf.field.id, number]

    def _related(self, field: FieldSpec, test: Test) -> Fragment:
        """The linked record is one of those named, live and visible to the caller; a foreign id
        matches nothing."""
        other = "v.record_id" if field.mirror_of_id is not None else "v.related_record"
        related = self.author.directory.find_related(field)
        if related is None:  # links with archived objects are suspended
            return NOTHING
        if test.op == "matching":
            linked, params = FilterSql(self.author, related).matching(test.value)
            return f"v.related_record IS NOT NULL AND {in_set(other, linked)}", params
        visible, visible_params = visible_condition(self.author, related, "t")
        named, named_params = ("TRUE", []) if test.op == "any" else self._named(related, test)
        linked = (
            "SELECT t.id FROM records_record t"
            " WHERE t.workspace_id = %s AND t.object_id = %s AND t.state = 'active' AND "
            f"{named} AND {visible}"
            # `any` can name every record of the object, so it is hashed; a named few are looked up
            # each.
        )
        chosen = in_set(other, linked) if test.op == "any" else one_of_few(other, linked)
        return f"v.related_record IS NOT NULL AND {chosen}", [
            self.workspace_id,
            related.id,
            *named_params,
            *visible_params,
        ]

    def _named(self, related: ObjectSchema, test: Test) -> Fragment:
        """The records `t` that a test names."""
        references = [ref for ref in _references(test) if isinstance(ref, RecordRef)]
        # To a role that may not see the identifier, no record has one: names then match nothing.
        return _named_records(
            references, named=visible_identifier(self.author, related) is not None
        )

    def _member(self, column: str, test: Test) -> Fragment:
        if test.op == "any":
            return f"{column} IS NOT NULL", []
        references = [ref for ref in _references(test) if isinstance(ref, MemberRef)]
        uuids = _uuids(references)
        ids = [member.id for member in self.author.directory.find_members(uuids).values()]
        # `me` is the caller, who is known already.
        if any(ref.is_me for ref in references):
            ids.append(self.author.member.id)
        return in_ids(column, ids)

    # ------------------------------------------------------------ free text

    def _text_tested(self, node: TextSearch, key: str, *, sets: bool) -> Fragment:
        """A condition: one of the fields shows the term."""
        parts = []
        # One set for all text fields, not one for each: the term is searched in the index once.
        if (texts := _text_fields(node)) and sets and self.live:
            keys, params = self._text_rows(node, texts)
            parts.append((in_set(key, f"SELECT v.record_id AS id {keys} AND v.live"), params))
        elif texts:
            rows, params = self._text_rows(node, texts)
            parts.append((found(f"{rows} AND v.record_id = {key}"), params))
        parts += [self.predicate(leaf, key, sets=sets) for leaf in _other_leaves(node)]
        return joined(" OR ", parts) if parts else NOTHING

    def _text_keys(self, node: TextSearch) -> Fragment:
        """The keys of the live records in which one of the fields shows the term."""
        parts = []
        if texts := _text_fields(node):
            rows, params = self._text_rows(node, texts)
            parts.append((f"SELECT v.record_id AS id {rows} AND v.live", params))
        parts += [
            self._own_keys(leaf) if is_own(leaf) else self.keys(leaf)
            for leaf in _other_leaves(node)
        ]
        # A union of nothing is no SQL: this has its shape and no rows.
        return _union(parts) if parts else ("SELECT 0 AS id WHERE FALSE", [])

    def _text_rows(self, node: TextSearch, fields: Sequence[int]) -> Fragment:
        chosen, params = in_ids("v.field_id", fields)
        shown, more = tested("v.text", "v.overflow", "text", _part(node.fields[0], node.term))
        return (
            f"FROM records_fieldvalue v WHERE v.workspace_id = %s AND {chosen} AND {shown}",
            [self.workspace_id, *params, *more],
        )

    def _own_keys(self, leaf: Leaf) -> Fragment:
        chosen, params = self._own(leaf, RECORD)
        return (
            f"SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s"
            f" AND r.state = 'active' AND {chosen}"
        ), [self.workspace_id, self.schema.id, *params]


def is_own(node: Node) -> bool:
    """Whether a test is one of a column of the record itself."""
    return isinstance(node, Leaf) and node.field.computed in OWN_COLUMNS


def found(rows: str, *, negated: bool = False) -> str:
    """A condition: there is, or is not, such a row; as a scalar subquery, which planners never turn
    into a join."""
    # Any number of matching rows proves it; the first one ends the search.
    return f"(SELECT 1 {rows} LIMIT 1) IS {'' if negated else 'NOT '}NULL"


def joined(joint: str, parts: Sequence[Fragment]) -> Fragment:
    """Conditions joined by AND or OR; always true without any."""
    if not parts:
        return "TRUE", []
    sql = joint.join(sql for sql, _ in parts)
    return f"({sql})" if len(parts) > 1 else sql, [param for _, params in parts for param in params]


def _union(parts: Sequence[Fragment]) -> Fragment:
    return " UNION ALL ".join(sql for sql, _ in parts), [
        param for _, params in parts for param in params
    ]


def _key_column(leaf: Leaf) -> str:
    """The column that holds the record's key among the rows of a test."""
    return "v.related_record" if leaf.field.mirror_of_id is not None else "v.record_id"


def _text_fields(node: TextSearch) -> list[int]:
    return [
        # The display name is a text too, but in a column of the record, not in the index.
        field.id
        for field in node.fields
        if _kind(field) == "text" and field.computed not in COLUMN_FIELDS
    ]


def _other_leaves(node: TextSearch) -> list[Leaf]:
    """The tests by which fields that the index does not hold as texts show the term."""
    texts = _text_fields(node)
    leaves = (_shows(field, node.term) for field in node.fields if field.id not in texts)
    return [leaf for leaf in leaves if leaf is not None]


def _part(field: FieldSpec, term: str) -> Test:
    return Test("contains", term, language=field.language)


def _shows(field: FieldSpec, term: str) -> Leaf | None:
    """The test that a field which is not a text shows the term; None if it cannot."""
    if field.computed in COLUMN_FIELDS:
        # Dates in columns of the record show no text that a term could occur in.
        return Leaf(field, _part(field, term)) if field.computed == "display_name" else None
    column = _kind(field)
    if column == "option":
        # Options are few and known here, so the names are searched without a join.
        return Leaf(
            field,
            Test("in", tuple(k for k, o in field.options.items() if term in index_text(o.name))),
        )
    # A number matches by its whole value only: the index does not hold its digits as text.
    if column == "number":
        try:
            return Leaf(field, field.type.conditions["="](field, term))
        # The term is no number, or the type compares nothing: this field does not show it.
        except (InvalidValue, KeyError):
            return None
    return None


def _named_records(references: Sequence[RecordRef], *, named: bool) -> Fragment:
    """Records `t`, by UUID, or by the identifier where the caller may see it."""
    by_uuid, params = in_uuids("t.uuid", _uuids(references))
    names = [identifier_key(ref.name) for ref in references if ref.name and named]
    if not names:
        return by_uuid, params
    by_name, name_params = in_texts("t.identifier", names)
    return f"({by_uuid} OR {by_name})", [*params, *name_params]


def _kind(field: FieldSpec) -> str:
    return field.type.column or "text"


def _references(test: Test) -> tuple[Any, ...]:
    return test.value if isinstance(test.value, tuple) else (test.value,)


def _uuids(references: Sequence[RecordRef] | Sequence[MemberRef]) -> list[str]:
    """The UUIDs among what was sent as one, which may be any text."""
    # Any text may be sent as a UUID; one that is none names no record, and is no error.
    return [uuid for ref in references if (uuid := canonical_uuid(ref.uuid))]
