"""Which field of an object a header names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author, may_write, visible_fields
from records.services.catalogue import ObjectSchema

from .header_fits import Fit, fit_of

# Columns of exports that are not fields.
ID = "id"
OF_EXPORTS = frozenset({ID, "cancelled"})


class UnclearColumn(InvalidInput):
    """A header fits several fields equally."""


class HeaderNames:
    """What the headers of one file name: the fields of an object, as far as the author sees them.

    A file whose headers all are API names, as those of an export are, is read by them.
    """

    def __init__(self, author: Author, schema: ObjectSchema, header: Sequence[str]) -> None:
        self._author = author
        self._schema = schema
        self._known = visible_fields(author, schema)
        are_names = all(map(self._is_name, header))
        self._names = frozenset(header) if are_names else frozenset()

    def _is_name(self, header: str) -> bool:
        # Exports have fields of linked records too: `company.city`.
        return header in OF_EXPORTS or self._named(header.partition(".")[0]) is not None

    @property
    def are_api_names(self) -> bool:
        """Whether all headers are API names."""
        return bool(self._names)

    def is_of_export(self, header: str) -> bool:
        """Whether a column that is no field is one of an export: fields of linked records too."""
        return header in self._names and (header in OF_EXPORTS or "." in header)

    def _named(self, name: str) -> FieldSpec | None:
        """The field that has this API name."""
        return self._seen(self._schema.by_name.get(name))

    def _seen(self, spec: FieldSpec | None) -> FieldSpec | None:
        """The field, if the author sees it."""
        return spec if spec in self._known else None

    def find(self, header: str, *, is_said: bool = False) -> FieldSpec | None:
        """The field that fits a header best: one that can be written rather than not, an object's
        own rather than a default. UnclearColumn where two fit it equally. A field that `is_said` in
        a mapping is named by its API name first."""
        named = self._named(header)
        # Callers of the API may map columns by the field's UUID.
        said = self._seen(self._schema.by_uuid.get(header)) or (named if is_said else None)
        if said is not None:
            return said
        if header not in self._names:
            return self._best(header, self._known)
        if "." in header or not self._is_general(named):
            return named
        # `created`, or `owner`, may be the label of a field of the object's own that has no column.
        others = [spec for spec in self._known if spec.name not in self._names - {header}]
        return self._best(header, others)

    def suggest(self, header: str) -> str | None:
        """The API name of the field that a header names and that can be written."""
        try:
            spec = self.find(header)
        except UnclearColumn:
            return None
        return spec.name if spec is not None and may_write(self._author, spec) else None

    def _is_general(self, spec: FieldSpec | None) -> bool:
        """Whether a column of an export is no field, or one that every object has beside its
        identifier."""
        return spec is None or (spec.is_default and spec is not self._schema.identifier)

    def _best(self, header: str, known: Sequence[FieldSpec]) -> FieldSpec | None:
        fits = [(fit, spec) for spec in known if (fit := fit_of(header, spec)) is not None]
        if not fits:
            return None

        def rank(item: tuple[Fit, FieldSpec]) -> tuple[bool, bool, Fit, bool]:
            fit, spec = item
            is_spelled = fit == Fit.SPELLING
            return (is_spelled, not may_write(self._author, spec), fit, spec.is_default)

        fits.sort(key=rank)
        best = [spec for fit, spec in fits if rank((fit, spec)) == rank(fits[0])]
        if len(best) > 1:
            names = " and ".join(map(repr, map(attrgetter("name"), best)))
            raise UnclearColumn(
                f"The column {header!r} fits the fields {names} equally: say in the mapping which "
                "it is."
            )
        return best[0]


def check_clear(
    author: Author, schema: ObjectSchema, header: Sequence[str], mapping: Mapping[str, object]
) -> None:
    """UnclearColumn where a column that the mapping does not name fits two fields equally."""
    unmapped = [name for name in header if name not in mapping]
    names = HeaderNames(author, schema, unmapped)
    for name in unmapped:
        names.find(name)
