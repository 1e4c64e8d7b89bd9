"""Finding records: filter grammars, plans, counts, pages.

A filter is parsed into a tree (`filters`, `operators`, `slug_filters`), the tree becomes SQL
(`filter_sql`, `column_tests`), and `pages` chooses between walking the order (`walk_plan`) and
sorting the matches (`sort_plan`) by what `counts` knows. `duplicates` finds records that have the
same values. Of figures and groups `aggregates` reads what is asked for, `aggregate_sql` computes
it, and `groups` shows it. `everywhere` searches all objects at once.

Called by: operations, exporting, external, jobs and the interfaces. It never writes, and never
shows a record or value that its caller may not see.
"""

from records.field_types import PERIODS

from .aggregates import (
    FUNCTIONS,
    MAX_AGGREGATES,
    MAX_GROUPS,
    AggregateRequest,
    aggregates_of,
    groups_of,
)
from .duplicates import (
    MAX_FIELDS,
    SHOWN,
    DuplicateGroup,
    DuplicatePage,
    find_duplicates,
)
from .everywhere import Found, search_everywhere
from .filter_sql import is_own
from .filters import (
    MAX_CLAUSES,
    MAX_DEPTH,
    MAX_LINKS,
    RELATED,
    TAGS,
    AllOf,
    AnyOf,
    Leaf,
    Node,
    NoneOf,
    TextSearch,
    parse_query,
    parse_saved,
)
from .groups import Group, GroupPage, aggregate_records
from .operators import ALIASES, parse_filter
from .ordering import MAX_KEYS
from .pages import SearchPage, SearchRequest, search_records
from .slug_filters import parse_slug_filters

__all__ = [
    "ALIASES",
    "FUNCTIONS",
    "MAX_AGGREGATES",
    "MAX_CLAUSES",
    "MAX_DEPTH",
    "MAX_FIELDS",
    "MAX_GROUPS",
    "MAX_KEYS",
    "MAX_LINKS",
    "PERIODS",
    "RELATED",
    "SHOWN",
    "TAGS",
    "AggregateRequest",
    "AllOf",
    "AnyOf",
    "DuplicateGroup",
    "DuplicatePage",
    "Found",
    "Group",
    "GroupPage",
    "Leaf",
    "Node",
    "NoneOf",
    "SearchPage",
    "SearchRequest",
    "TextSearch",
    "aggregate_records",
    "aggregates_of",
    "find_duplicates",
    "groups_of",
    "is_own",
    "parse_filter",
    "parse_query",
    "parse_saved",
    "parse_slug_filters",
    "search_everywhere",
    "search_records",
]
