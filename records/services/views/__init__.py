"""Saved views, whose default they are, and the layouts of record pages.

`saved_views` finds views and changes them, `view_sharing` says who may do what with one,
`view_parts` shows parts to a reader and compiles saved filters, `filter_uses`, `view_texts` and
`view_fields` say which fields a part names, `default_views` which view a member is shown first.
`layouts` is about record pages.

Called by: the interfaces. A view is a definition: it shows no record, and nobody sees more through
it than their role lets them.
"""

from records.models import Layout, SavedView, ViewKind

from .default_views import apply_to_members, apply_to_roles, default_view
from .layouts import (
    LayoutSettings,
    check_layout_config,
    layout_categories,
    object_layout,
    replace_layout,
)
from .saved_views import (
    ORDERINGS,
    ViewSettings,
    create_view,
    get_view,
    list_views,
    remove_part,
    update_view,
    views_naming,
)
from .view_parts import Part, ShownPart, group_conditions, shown_parts
from .view_sharing import (
    EVERYBODY,
    Level,
    Sharing,
    find_members,
    find_roles,
    level_of,
    role_names,
    sharing_of,
)

__all__ = [
    "EVERYBODY",
    "ORDERINGS",
    "Layout",
    "LayoutSettings",
    "Level",
    "Part",
    "SavedView",
    "Sharing",
    "ShownPart",
    "ViewKind",
    "ViewSettings",
    "apply_to_members",
    "apply_to_roles",
    "check_layout_config",
    "create_view",
    "default_view",
    "find_members",
    "find_roles",
    "get_view",
    "group_conditions",
    "layout_categories",
    "level_of",
    "list_views",
    "object_layout",
    "remove_part",
    "replace_layout",
    "role_names",
    "sharing_of",
    "shown_parts",
    "update_view",
    "views_naming",
]
