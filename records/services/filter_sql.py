"""From a tree of tests to SQL over the typed index.

A test has two forms. `probed` looks one record's own rows up, by their primary key. `in_set` asks whether a record is
in a set of keys that is made once: PostgreSQL hashes it, SQLite keeps it in a tree. Either costs the same for each
record whatever the planner believes of the tables, and neither is a join, which a planner without statistics may turn
into one scan for each record. The columns of the record itself are tested where the record is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard
from uuid import UUID

from records.field_types import FieldSpec, InvalidValue, MemberRef, RecordRef, Test
from records.models import RecordState

from .access import Author, visible_condition, visible_identifier
from .column_tests import tested
from .filters import AllOf, AnyOf, Leaf, Node, TextSearch
from .naming import display_key, identifier_key
from .object_schema import COLUMN_FIELDS, ObjectSchema
from .sql import (
    Fragment,
    in_ids,
    in_set,
    in_texts,
    in_uuids,
    one_of_few,
)

NOTHING: Fragment = ("FALSE", [])
RECORD = "r.id"  # the key of a record whose row is at hand, under the alias `r`


class FilterSql:
    """Writes the SQL of one search, of the live records or of the archived ones (`state`)."""

    def __init__(self, author: Author, schema: ObjectSchema, state: str = RecordState.ACTIVE) -> None:
        self.author = author
        self.schema = schema
        self.live = state == RecordState.ACTIVE
        self.workspace_id = author.workspace.id

    # ------------------------------------------------------------ nodes

    def predicate(self, node: Node, key: str, *, sets: bool) -> Fragment:
        """That the record whose primary key is `key` meets the node; by sets where an index makes them cheap."""
        if isinstance(node, AllOf):
            return self.all_of(node.children, key, sets=sets)
        if isinstance(node, AnyOf):
            return joined(" OR ", [self.predicate(child, key, sets=sets) for child in node.children])
        if isinstance(node, Leaf) and is_own(node):
            return self._own(node, key)
        if isinstance(node, TextSearch):
            return self._text_tested(node, key, sets=sets)
        if sets and self.has_keys(node):
            keys, params = self.keys(node)
            return in_set(key, keys, negated=node.test.negated), params
        return self._probed(node, key)

    def all_of(self, nodes: Sequence[Node], key: str, *, sets: bool) -> Fragment:
        """That the record meets all of these."""
        return joined(" AND ", [self.predicate(node, key, sets=sets) for node in nodes])

    def has_keys(self, node: Node) -> bool:
        """Whether an index holds the keys of the records that meet the node, its negation apart."""
        if isinstance(node, AnyOf):
            return bool(node.children) and all(
                self.has_keys(child) and not is_negated(child) for child in node.children
            )
        if isinstance(node, AllOf) or not self.live:
            return False
        return isinstance(node, TextSearch) or not (is_own(node) or _kind(node.field) == "attachment")

    def keys(self, node: Node) -> Fragment:
        """A SELECT of the keys of the live records that meet a node, its negation apart; they may repeat."""
        if isinstance(node, AnyOf):
            return _union([self.keys(child) for child in node.children])
        if isinstance(node, TextSearch):
            return self._text_keys(node)
        assert isinstance(node, Leaf)
        rows, params = self._rows(node)
        return f"SELECT {_key_column(node)} AS id {rows} AND v.live", params

    # ------------------------------------------------------------ leaves

    def _own(self, leaf: Leaf, key: str) -> Fragment:
        """A test of a column of the record."""
        alias = "r" if key == RECORD else "c"
        column = f"{alias}.{COLUMN_FIELDS[leaf.field.computed]}"
        chosen, params = tested(column, None, _kind(leaf.field), leaf.test)
        if leaf.field.computed == "display_name":
            chosen = f"{column} <> '' AND {chosen}"
        if key == RECORD:
            return f"({chosen})" + (" IS NOT TRUE" if leaf.test.negated else ""), params
        return found(
            f"FROM records_record c WHERE c.workspace_id = %s AND c.id = {key} AND {chosen}", negated=leaf.test.negated
        ), [self.workspace_id, *params]

    def _probed(self, leaf: Leaf, key: str) -> Fragment:
        """A test of the rows of one record, by the primary key.

        Their being live goes without saying, and would invite the indexes by value, which hold the record last: they
        serve where the value is given, and would be read from end to end where it is not.
        """
        if leaf.test.op == "count":
            return self._counted(leaf, key)
        rows, params = self._rows(leaf)
        by_value = leaf.field.mirror_of_id is not None or (self.live and leaf.test.op == "eq")
        live = " AND v.live" if by_value else ""
        return found(f"{rows} AND {_key_column(leaf)} = {key}{live}", negated=leaf.test.negated), params

    def _rows(self, leaf: Leaf) -> Fragment:
        """`FROM … WHERE …` of the index rows that pass the leaf's test, its negation apart."""
        field = leaf.field
        chosen, params = self._value_tested(field, leaf.test)
        # The rows of a mirror are those of the records that link to this one.
        near_id = field.id if field.mirror_of_id is None else field.mirror_of_id
        return (
            f"FROM records_fieldvalue v WHERE v.workspace_id = %s AND v.field_id = %s AND {chosen}",
            [self.workspace_id, near_id, *params],
        )

    def _value_tested(self, field: FieldSpec, test: Test) -> Fragment:
        column = _kind(field)
        if column == "related_record":
            return self._related(field, test)
        if column == "member":
            return self._member(test)
        return tested(f"v.{column}", "v.overflow" if column == "text" else None, column, test)

    def _counted(self, leaf: Leaf, key: str) -> Fragment:
        comparison, number = leaf.test.value
        return (
            "((SELECT count(*) FROM records_fieldvalue v WHERE v.workspace_id = %s AND v.field_id = %s"
            f" AND v.record_id = {key}) {comparison} %s) IS {'NOT ' if leaf.test.negated else ''}TRUE"
        ), [self.workspace_id, leaf.field.id, number]

    def _related(self, field: FieldSpec, test: Test) -> Fragment:
        """The linked record is one of those named, live and visible to the caller; a foreign id names nothing."""
        other = "v.record_id" if field.mirror_of_id is not None else "v.related_record"
        if field.related_object_id not in self.author.directory.objects:
            return NOTHING
        related = self.author.directory.schema(field.related_object_id or 0)
        visible, visible_params = visible_condition(self.author, related, "t")
        named: Fragment = ("TRUE", [])
        if test.op != "any":
            references = test.value if isinstance(test.value, tuple) else (test.value,)
            known = visible_identifier(self.author, related) is not None
            named = _named_records([ref for ref in references if isinstance(ref, RecordRef)], named=known)
        linked = (
            "SELECT t.id FROM records_record t"
            f" WHERE t.workspace_id = %s AND t.object_id = %s AND t.state = 'active' AND {named[0]} AND {visible}"
        )
        chosen = in_set(other, linked) if test.op == "any" else one_of_few(other, linked)
        return f"v.related_record IS NOT NULL AND {chosen}", [
            self.workspace_id,
            related.id,
            *named[1],
            *visible_params,
        ]

    def _member(self, test: Test) -> Fragment:
        if test.op == "any":
            return "v.member IS NOT NULL", []
        references = test.value if isinstance(test.value, tuple) else (test.value,)
        uuids = {str(UUID(ref.uuid)) for ref in references if isinstance(ref, MemberRef) and _is_uuid(ref.uuid)}
        ids = [member.id for member in self.author.directory.find_members(uuids).values()]
        if any(isinstance(ref, MemberRef) and ref.is_me for ref in references):
            ids.append(self.author.member.id)
        return in_ids("v.member", ids) if len(ids) != 1 else ("v.member = %s", ids)

    # ------------------------------------------------------------ free text

    def _text_tested(self, node: TextSearch, key: str, *, sets: bool) -> Fragment:
        """That one of the fields shows the term."""
        parts = []
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
        parts += [self._own_keys(leaf) if is_own(leaf) else self.keys(leaf) for leaf in _other_leaves(node)]
        return _union(parts) if parts else ("SELECT 0 AS id WHERE FALSE", [])

    def _text_rows(self, node: TextSearch, fields: Sequence[int]) -> Fragment:
        chosen, params = in_ids("v.field_id", fields)
        shown, more = tested("v.text", "v.overflow", "text", Test("contains", node.term))
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
    return isinstance(node, Leaf) and node.field.computed in COLUMN_FIELDS


def is_negated(node: Node) -> bool:
    """Whether a test is met by the records that have nothing that passes it."""
    return isinstance(node, Leaf) and node.test.negated


def found(rows: str, *, negated: bool = False) -> str:
    """That there is, or is not, a row; as a scalar, which is looked up for each record and never joined."""
    return f"(SELECT 1 {rows} LIMIT 1) IS {'' if negated else 'NOT '}NULL"


def joined(joint: str, parts: Sequence[Fragment]) -> Fragment:
    """Conditions joined by AND or OR; none at all are met."""
    if not parts:
        return "TRUE", []
    sql = joint.join(sql for sql, _ in parts)
    return f"({sql})" if len(parts) > 1 else sql, [param for _, params in parts for param in params]


def _union(parts: Sequence[Fragment]) -> Fragment:
    return " UNION ALL ".join(sql for sql, _ in parts), [param for _, params in parts for param in params]


def _key_column(leaf: Leaf) -> str:
    """The column that holds the record's key among the rows of a test."""
    return "v.related_record" if leaf.field.mirror_of_id is not None else "v.record_id"


def _text_fields(node: TextSearch) -> list[int]:
    return [field.id for field in node.fields if _kind(field) == "text" and field.computed not in COLUMN_FIELDS]


def _other_leaves(node: TextSearch) -> list[Leaf]:
    """What it means that a field that is not in the index as a text shows the term."""
    texts = _text_fields(node)
    leaves = (_shows(field, node.term) for field in node.fields if field.id not in texts)
    return [leaf for leaf in leaves if leaf is not None]


def _shows(field: FieldSpec, term: str) -> Leaf | None:
    if field.computed in COLUMN_FIELDS:
        return Leaf(field, Test("contains", term)) if field.computed == "display_name" else None
    column = _kind(field)
    if column == "option":
        return Leaf(field, Test("in", tuple(k for k, o in field.options.items() if term in display_key(o.name))))
    if column == "number":
        try:
            return Leaf(field, field.type.conditions["="](field, term))
        except (InvalidValue, KeyError):
            return None
    return None


def _named_records(references: Sequence[RecordRef], *, named: bool) -> Fragment:
    """Records `t`, by UUID, or by the identifier where the caller may see it."""
    by_uuid, params = in_uuids("t.uuid", [ref.uuid for ref in references if ref.uuid and _is_uuid(ref.uuid)])
    names = [identifier_key(ref.name) for ref in references if ref.name and named]
    if not names:
        return by_uuid, params
    by_name, name_params = in_texts("t.identifier", names)
    return f"({by_uuid} OR {by_name})", [*params, *name_params]


def _kind(field: FieldSpec) -> str:
    return field.type.column or "text"


def _is_uuid(raw: Any) -> TypeGuard[str]:
    try:
        UUID(raw)
    except (ValueError, TypeError, AttributeError):
        return False
    return True
