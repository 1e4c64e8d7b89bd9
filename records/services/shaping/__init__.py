"""Changes of definitions: objects, fields, options, stages, categories, data types.

Called by: importing, jobs, people and the interfaces. Everything here runs in
`definition_access.defining`, which locks, checks the right and counts the version up. Values change
only through `writing`.
"""

from .categories import (
    Category,
    create_category,
    delete_category,
    get_category,
    list_categories,
    update_category,
)
from .changes import default_from_text, get_field, update_field, update_object
from .cloning import Clone, clone_object
from .creation import MAX_FIELDS, MAX_OBJECTS, create_field, create_object, get_object
from .data_type_fields import (
    is_for_admins,
    live_options,
    option_names,
    rules_of,
    settings_with,
)
from .data_types import (
    DataType,
    FieldChange,
    archive_data_type,
    change_type_field,
    check_not_archived,
    check_slug,
    count_live_records,
    create_data_type,
    find_type_field,
    get_data_type,
    get_data_type_by_slug,
    get_definable_type,
    list_data_types,
    member_record_counts,
    restore_data_type,
    update_data_type,
)
from .default_fields import DEFAULT_STAGES, contact_fields, object_fields
from .field_removal import clear_values, count_holders, delete_field, find_holders
from .field_uses import References, Uses, field_references
from .objects import (
    ORDERINGS,
    ObjectInfo,
    archive_object,
    get_object_info,
    list_objects,
    restore_object,
)
from .open_objects import save_openly
from .option_removal import remove_option, replace_option
from .options import create_option, delete_option, get_option, update_option
from .rule_checks import Violations, count_violations
from .type_facts import (
    documented_settings,
    has_options,
    is_link_type,
    named_choices,
    named_type,
    setting_groups,
    workspace_type,
    workspace_types,
)

__all__ = [
    "DEFAULT_STAGES",
    "MAX_FIELDS",
    "MAX_OBJECTS",
    "ORDERINGS",
    "Category",
    "Clone",
    "DataType",
    "FieldChange",
    "ObjectInfo",
    "References",
    "Uses",
    "Violations",
    "archive_data_type",
    "archive_object",
    "change_type_field",
    "check_not_archived",
    "check_slug",
    "clear_values",
    "clone_object",
    "contact_fields",
    "count_holders",
    "count_live_records",
    "count_violations",
    "create_category",
    "create_data_type",
    "create_field",
    "create_object",
    "create_option",
    "default_from_text",
    "delete_category",
    "delete_field",
    "delete_option",
    "documented_settings",
    "field_references",
    "find_holders",
    "find_type_field",
    "get_category",
    "get_data_type",
    "get_data_type_by_slug",
    "get_definable_type",
    "get_field",
    "get_object",
    "get_object_info",
    "get_option",
    "has_options",
    "is_for_admins",
    "is_link_type",
    "list_categories",
    "list_data_types",
    "list_objects",
    "live_options",
    "member_record_counts",
    "named_choices",
    "named_type",
    "object_fields",
    "option_names",
    "remove_option",
    "replace_option",
    "restore_data_type",
    "restore_object",
    "rules_of",
    "save_openly",
    "setting_groups",
    "settings_with",
    "update_category",
    "update_data_type",
    "update_field",
    "update_object",
    "update_option",
    "workspace_type",
    "workspace_types",
]
