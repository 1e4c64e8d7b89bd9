"""What a workspace's objects are: compiled schemas, the directory that caches them, versions,
names.

Called by: everything above. It never reads records, and never changes a definition.
"""

from .directory import (
    CONTACTS,
    EVERYTHING,
    Directory,
    Grant,
    MemberSpec,
    RoleSpec,
    forget_everything,
    get_directory,
    load_workspace,
    read_uncommitted,
    schema_in_any_state,
)
from .drafts import (
    FieldDefinition,
    OptionDefinition,
    RelationDefinition,
    check_default,
    check_json,
    check_label,
    check_length,
    free_name,
    slug,
)
from .elsewhere import check_kept_here, not_offered
from .external_source import PORTS, Operation, SourceSpec, may_be_mapped, split_path
from .naming import archived_name, compute, display_key, display_name, identifier_key, identifier_of
from .object_schema import (
    COLUMN_FIELDS,
    KEPT_ON_REPLACE,
    PATTERN_PART,
    FieldSpec,
    ObjectSchema,
    WorkspaceSpec,
    compile_schema,
    is_stored,
    option_keys,
)
from .versions import count_up, hold_writers, touch

__all__ = [
    "COLUMN_FIELDS",
    "CONTACTS",
    "EVERYTHING",
    "KEPT_ON_REPLACE",
    "PATTERN_PART",
    "PORTS",
    "Directory",
    "FieldDefinition",
    "FieldSpec",
    "Grant",
    "MemberSpec",
    "ObjectSchema",
    "Operation",
    "OptionDefinition",
    "RelationDefinition",
    "RoleSpec",
    "SourceSpec",
    "WorkspaceSpec",
    "archived_name",
    "check_default",
    "check_json",
    "check_kept_here",
    "check_label",
    "check_length",
    "compile_schema",
    "compute",
    "count_up",
    "display_key",
    "display_name",
    "forget_everything",
    "free_name",
    "get_directory",
    "hold_writers",
    "identifier_key",
    "identifier_of",
    "is_stored",
    "load_workspace",
    "may_be_mapped",
    "not_offered",
    "option_keys",
    "read_uncommitted",
    "schema_in_any_state",
    "slug",
    "split_path",
    "touch",
]
