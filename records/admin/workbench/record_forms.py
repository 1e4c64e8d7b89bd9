"""The form of a record: from inputs to what is asked of the write path, and its refusals back to
the inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from records.exceptions import InvalidValues
from records.field_types import FieldSpec
from records.services.access import Author, may_write, visible_fields
from records.services.catalogue import ObjectSchema
from records.services.reading import RecordView
from records.services.writing import FieldEntry

from .inputs import added_name, is_link, make_inputs, makes_options

UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class RecordForm(forms.Form):
    """The fields of one record that its visitor may set.

    Only what was changed since the page was opened is sent on, so that nobody's other changes are
    undone. `version` is the one the page was opened at.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, author: Author, schema: ObjectSchema, view: RecordView | None, data: Any = None
    ) -> None:
        super().__init__(data, initial={"version": view.version if view is not None else None})
        writable = (spec for spec in visible_fields(author, schema) if may_write(author, spec))
        self.specs = {spec.name: spec for spec in writable}
        for spec in self.specs.values():
            value = view.values.get(spec.id) if view is not None else None
            for name, made in make_inputs(author, spec, value).items():
                self.fields[name] = made

    def add_prefix(self, field_name: str) -> str:
        """Names in the page that no other form's and no header's names meet."""
        return f"field-{field_name}"

    def groups(self, categories: dict[str, str]) -> list[tuple[str, list[forms.BoundField]]]:
        """The inputs by category, in the categories' order."""
        found: dict[str, list[forms.BoundField]] = {}
        for spec in self.specs.values():
            names = [name for name in (spec.name, added_name(spec)) if name in self.fields]
            found.setdefault(spec.category_uuid, []).extend(self[name] for name in names)
        order = [*categories, *(key for key in found if key not in categories)]
        return [(categories.get(key, ""), found[key]) for key in order if key in found]

    # ------------------------------------------------------------ what is asked

    def entries(self) -> list[FieldEntry]:
        """What the changed inputs ask, in the order of the fields."""
        return [entry for spec in self.specs.values() for entry in self._entry(spec)]

    def _entry(self, spec: FieldSpec) -> Iterator[FieldEntry]:
        if is_link(spec):
            yield from self._links(spec)
        elif spec.name in self.changed_data:
            yield FieldEntry(name=spec.name, value=read_input(spec, self.cleaned_data[spec.name]))

    def _links(self, spec: FieldSpec) -> Iterator[FieldEntry]:
        text = self.cleaned_data[added_name(spec)].strip()
        parts = [part.strip() for part in text.split(";")] if spec.multiple else [text]
        added = [read_link(spec, part) for part in parts if part]
        removed = self._removed(spec.name)
        if spec.multiple and (added or removed):
            yield FieldEntry(name=spec.name, add_values=added, remove_values=removed)
        elif added or removed:
            yield FieldEntry(name=spec.name, value=added[0] if added else None)

    def _removed(self, name: str) -> list[str]:
        """What stood there when the page was opened and is no longer ticked."""
        if name not in self.changed_data:
            return []
        bound = self[name]
        before = (
            self.fields[name]
            .hidden_widget()
            .value_from_datadict(self.data, self.files, bound.html_initial_name)
        )
        kept = set(self.cleaned_data[name])
        return [key for key in before or () if key not in kept]

    # ------------------------------------------------------------ what is refused

    def refuse(self, error: InvalidValues, entries: Sequence[FieldEntry]) -> None:
        """Show each problem beside its field; what belongs to no input stands above."""
        by_uuid = {spec.uuid: spec.name for spec in self.specs.values()}
        for entry in error.entries:
            name = (
                entries[entry.position].name
                if entry.position is not None
                else by_uuid.get(entry.field_id)
            )
            shown = self._input(name or "")
            for problem in entry.problems:
                self.add_error(shown, problem.message)
        for problem in error.general:
            self.add_error(None, problem.message)

    def _input(self, name: str) -> str | None:
        spec = self.specs.get(name)
        if spec is None:
            return None
        return added_name(spec) if is_link(spec) else name


def read_input(spec: FieldSpec, given: Any) -> Any:
    """What an input says, in a form the field's type takes; None for a blank."""
    if isinstance(given, list):
        return given or None
    text = given.replace("\r\n", "\n")
    if not text.strip():
        return None
    if makes_options(spec):
        return spec.type.from_text(spec, text.strip())
    return spec.type.from_text(spec, text)


def read_link(spec: FieldSpec, part: str) -> Any:
    """A record by id or by name; a file by id."""
    if UUID_FORM.fullmatch(part):
        return part
    named = spec.type.from_text(spec, part)
    return named[0] if isinstance(named, list) and named else named
