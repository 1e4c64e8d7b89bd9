"""The three lists in which saved views are served: each shows one part of them, in its own
words."""

from __future__ import annotations

from dataclasses import dataclass

from records.services.views import Part


@dataclass(frozen=True, slots=True)
class Base:
    """A list: the end of its path, the part that it shows, the key of the part's content, and the
    names of its components and operations."""

    path: str
    part: Part
    content: str
    component: str
    operation: str
    what: str  # as people read it


FILTER_GROUPS = Base(
    "filter-groups", Part.FILTER, "config", "FilterGroup", "filter_groups", "filter group"
)
QUICK_FILTERS = Base(
    "quick-filters", Part.QUICK_FILTER, "filters", "QuickFilter", "quick_filters", "quick filter"
)
COLUMNS = Base(
    "columns", Part.COLUMNS, "configuration_json", "ColumnSet", "columns", "set of columns"
)
BASES = (FILTER_GROUPS, QUICK_FILTERS, COLUMNS)
