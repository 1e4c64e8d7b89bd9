"""Who is calling and what they may see and do.

`author` has the `Author` and the conditions that every query carries, `credentials`
who sent a request, `visible_names` which names a
reader may see, `told_options` which options a reader is told of, `definition_access` who may change
definitions, `read_only` which keys write nothing, `reasons` why something is written, `rate_limits`
how many requests and failures are taken from whom.

Called by: everything above. It never reads a record's values.
"""

from .author import (
    AREAS,
    LEVELS,
    Access,
    Author,
    Source,
    access_to,
    check_scope,
    find_field,
    find_suspended,
    get_schema,
    grant_of,
    has_scope,
    is_own,
    list_kept_schemas,
    list_schemas,
    may_write,
    member_author,
    renewed,
    visible_condition,
    visible_fields,
    visible_identifier,
)
from .credentials import (
    FOREIGN,
    acting_for,
    authenticate_bearer,
    authenticate_key,
    authenticate_user,
    is_workspace,
    key_digest,
)
from .definition_access import Definer, Operator, defining, hold_definitions, operator_of, signed_by
from .json_schema import record_schema
from .rate_limits import ACCOUNT, ADDRESS, count_request, counted_log_in, request_limits
from .read_only import check_writes
from .reasons import MAX_REASON, because, check_reason, with_reason
from .team import find_active_by_email, get_member, list_members, named_member
from .told_options import told_field, told_fields
from .visible_names import find_sought_field, name_for, name_is_open, shown_pattern, stand_in

__all__ = [
    "ACCOUNT",
    "ADDRESS",
    "AREAS",
    "FOREIGN",
    "LEVELS",
    "MAX_REASON",
    "Access",
    "Author",
    "Definer",
    "Operator",
    "Source",
    "access_to",
    "acting_for",
    "authenticate_bearer",
    "authenticate_key",
    "authenticate_user",
    "because",
    "check_reason",
    "check_scope",
    "check_writes",
    "count_request",
    "counted_log_in",
    "defining",
    "find_active_by_email",
    "find_field",
    "find_sought_field",
    "find_suspended",
    "get_member",
    "get_schema",
    "grant_of",
    "has_scope",
    "hold_definitions",
    "is_own",
    "is_workspace",
    "key_digest",
    "list_kept_schemas",
    "list_members",
    "list_schemas",
    "may_write",
    "member_author",
    "name_for",
    "name_is_open",
    "named_member",
    "operator_of",
    "record_schema",
    "renewed",
    "request_limits",
    "shown_pattern",
    "signed_by",
    "stand_in",
    "told_field",
    "told_fields",
    "visible_condition",
    "visible_fields",
    "visible_identifier",
    "with_reason",
]
