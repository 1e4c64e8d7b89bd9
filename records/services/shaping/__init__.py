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
from .creation import MAX_FIELDS, MAX_OBJECTS, create_field, create_object, get_object
from .data_type_fields import option_names, rules_of, settings_with
from .data_types import (
    DataType,
    FieldChange,
    check_slug,
    create_data_type,
    find_type_field,
    get_data_type,
    get_data_type_by_slug,
    list_data_types,
    member_record_counts,
    remove_data_type,
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
from .options import create_option, delete_option, get_option, replace_option, update_option
from .type_facts import (
    documented_settings,
    has_options,
    is_link_type,
    named_choices,
    named_type,
    setting_groups,
    workspace_type,
)

__all__ = [
    "DEFAULT_STAGES",
    "MAX_FIELDS",
    "MAX_OBJECTS",
    "ORDERINGS",
    "Category",
    "DataType",
    "FieldChange",
    "ObjectInfo",
    "References",
    "Uses",
    "archive_object",
    "check_slug",
    "clear_values",
    "contact_fields",
    "count_holders",
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
    "get_field",
    "get_object",
    "get_object_info",
    "get_option",
    "has_options",
    "is_link_type",
    "list_categories",
    "list_data_types",
    "list_objects",
    "member_record_counts",
    "named_choices",
    "named_type",
    "object_fields",
    "option_names",
    "remove_data_type",
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
]
