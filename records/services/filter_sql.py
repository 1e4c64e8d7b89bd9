"""From a tree of tests to SQL over the typed index.

Every node has two forms: a predicate on a record key, and a SELECT of the keys that meet it. Positive tests become
`key IN (SELECT …)`, which the planner joins; negative ones `NOT EXISTS`, which it anti-joins; alternatives become one
`IN` over a union. Nothing becomes a sub-plan that is run once per row.
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
    in_texts,
    in_uuids,
)

NOTHING: Fragment = ("FALSE", [])


class FilterSql:
    """Writes the SQL of one search, of the live records or of the archived ones (`state`)."""

    def __init__(self, author: Author, schema: ObjectSchema, state: str = RecordState.ACTIVE) -> None:
        self.author = author
        self.state = f"state = '{RecordState(state).value}'"
        self.negation = "" if state == RecordState.ACTIVE else "NOT "
        self.schema = schema
        self.workspace_id = author.workspace.id

    # ------------------------------------------------------------ nodes

    def predicate(self, node: Node, key: str) -> Fragment:
        """That the record whose primary key is `key` meets the node."""
        if isinstance(node, AllOf):
            return _joined([self.predicate(child, key) for child in node.children])
        if isinstance(node, AnyOf):
            if not node.children:
                return "TRUE", []
            keys, params = self._union(node)
            return f"{key} IN ({keys})", params
        if isinstance(node, Leaf) and node.test.negated:
            chosen, params = self.rows(node)
            return f"NOT EXISTS (SELECT 1 {chosen} AND {self.key_of(node)} = {key})", params
        keys, params = self.keys(node)
        return f"{key} IN ({keys})", params

    def keys(self, node: Node) -> Fragment:
        """A SELECT of the keys of the live records that meet the node (keys may repeat)."""
        if isinstance(node, AnyOf) and node.children:
            return self._union(node)
        if isinstance(node, AllOf | AnyOf) or (isinstance(node, Leaf) and node.test.negated):
            chosen, params = self.predicate(node, "n.id")
            return (
                "SELECT n.id FROM records_record n WHERE n.workspace_id = %s AND n.object_id = %s"
                f" AND n.{self.state} AND {chosen}"
            ), [self.workspace_id, self.schema.id, *params]
        if isinstance(node, TextSearch):
            return self._text_search(node)
        chosen, params = self.rows(node)
        return f"SELECT {self.key_of(node)} {chosen}", params

    def _union(self, node: AnyOf) -> Fragment:
        parts = [self.keys(child) for child in node.children]
        return " UNION ALL ".join(sql for sql, _ in parts), [param for _, params in parts for param in params]

    # ------------------------------------------------------------ leaves

    def key_of(self, leaf: Leaf) -> str:
        """The column that holds the record's key, among the rows `rows` selects."""
        if leaf.field.computed in COLUMN_FIELDS:
            return "c.id"
        return "v.related_record" if leaf.field.mirror_of_id is not None else "v.record_id"

    def rows(self, leaf: Leaf) -> Fragment:
        """`FROM … WHERE …` of the rows that pass the leaf's test, its negation apart."""
        field, test = leaf.field, leaf.test
        if field.computed in COLUMN_FIELDS:
            column = f"c.{COLUMN_FIELDS[field.computed]}"
            chosen, params = tested(column, None, _kind(field), test)
            named = f"{column} <> '' AND " if field.computed == "display_name" else ""
            return (
                "FROM records_record c WHERE c.workspace_id = %s AND c.object_id = %s"
                f" AND c.{self.state} AND {named}{chosen}"
            ), [self.workspace_id, self.schema.id, *params]
        if test.op == "count":
            return self._counted(leaf)
        near_id, live = field.id, f"{self.negation}v.live"
        if field.mirror_of_id is not None:  # the rows are those of the records that link to this one
            near_id, live = field.mirror_of_id, "v.live"
        chosen, params = self._value_tested(field, test)
        return f"FROM records_fieldvalue v WHERE v.workspace_id = %s AND v.field_id = %s AND {live} AND {chosen}", [
            self.workspace_id,
            near_id,
            *params,
        ]

    def _value_tested(self, field: FieldSpec, test: Test) -> Fragment:
        column = _kind(field)
        if column == "related_record":
            return self._related(field, test)
        if column == "member":
            return self._member(test)
        return tested(f"v.{column}", "v.overflow" if column == "text" else None, column, test)

    def _counted(self, leaf: Leaf) -> Fragment:
        comparison, number = leaf.test.value
        if number == 0 if comparison in ("=", ">=") else comparison == "<=" or (comparison == "<" and number > 0):
            # Records without any row count too.
            return (
                "FROM (SELECT c.id AS record_id FROM records_record c LEFT JOIN records_fieldvalue x"
                " ON x.workspace_id = c.workspace_id AND x.record_id = c.id AND x.field_id = %s"
                f" WHERE c.workspace_id = %s AND c.object_id = %s AND c.{self.state}"
                f" GROUP BY c.id HAVING count(x.record_id) {comparison} %s) v WHERE TRUE"
            ), [leaf.field.id, self.workspace_id, self.schema.id, number]
        return (
            "FROM (SELECT x.record_id FROM records_fieldvalue x WHERE x.workspace_id = %s AND x.field_id = %s"
            f" AND {self.negation}x.live GROUP BY x.record_id HAVING count(*) {comparison} %s) v WHERE TRUE"
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
        return (
            f"v.related_record IS NOT NULL AND {other} IN (SELECT t.id FROM records_record t"
            f" WHERE t.workspace_id = %s AND t.object_id = %s AND t.state = 'active' AND {named[0]} AND {visible})"
        ), [self.workspace_id, related.id, *named[1], *visible_params]

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

    def _text_search(self, node: TextSearch) -> Fragment:
        parts = []
        texts = [field.id for field in node.fields if _kind(field) == "text" and field.computed not in COLUMN_FIELDS]
        if texts:
            fields, field_params = in_ids("v.field_id", texts)
            chosen, params = tested("v.text", "v.overflow", "text", Test("contains", node.term))
            found = (
                "SELECT v.record_id FROM records_fieldvalue v WHERE v.workspace_id = %s"
                f" AND {fields} AND {self.negation}v.live AND {chosen}"
            )
            parts.append((found, [self.workspace_id, *field_params, *params]))
        others = [field for field in node.fields if field.id not in texts]
        parts += [self._searched(field, node.term) for field in others]
        sql = " UNION ALL ".join(sql for sql, _ in parts) or "SELECT 0 WHERE FALSE"
        return sql, [param for _, params in parts for param in params]

    def _searched(self, field: FieldSpec, term: str) -> Fragment:
        """The records in which a field that holds no text shows the term."""
        if field.computed in COLUMN_FIELDS:
            if field.computed != "display_name":
                return "SELECT 0 WHERE FALSE", []
            return self.keys(Leaf(field, Test("contains", term)))
        column = _kind(field)
        if column == "option":
            ids = [key for key, option in field.options.items() if term in display_key(option.name)]
            return self.keys(Leaf(field, Test("in", tuple(ids))))
        if column == "number":
            try:
                exact = field.type.conditions["="](field, term)
            except (InvalidValue, KeyError):
                return "SELECT 0 WHERE FALSE", []
            return self.keys(Leaf(field, exact))
        return "SELECT 0 WHERE FALSE", []


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


def _joined(parts: list[Fragment]) -> Fragment:
    if not parts:
        return "TRUE", []
    return " AND ".join(sql for sql, _ in parts), [param for _, params in parts for param in params]


def _is_uuid(raw: Any) -> TypeGuard[str]:
    try:
        UUID(raw)
    except (ValueError, TypeError, AttributeError):
        return False
    return True
