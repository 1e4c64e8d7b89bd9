"""Records as their readers see them: views, history, archive and trash, related records, signed
links.

Called by: everything above. It never writes, and never shows what its reader may not see.
"""

from .archive import get_record_in_any_state, list_archived
from .blame import Blame, FieldBlame, get_blame
from .field_selection import select_fields
from .file_links import (
    SignedLink,
    read_download,
    read_upload,
    sign_download,
    sign_upload,
    signed_url,
)
from .history import (
    WRITE_COLUMNS,
    FieldChange,
    HistoryEntry,
    WriteRow,
    find_with_history,
    get_record_as_of,
    history_entries,
    list_history,
    read_changes,
    shown_fields,
    take_back,
    take_back_since,
)
from .merged_records import REMAINING, ends_of, survivors_of
from .object_counts import AT_MOST, ObjectCount, count_objects
from .record_address import (
    MAX_KEY,
    Address,
    address,
    external_key,
    find_uuid,
    get_remaining,
)
from .record_views import (
    RecordView,
    get_record,
    get_record_by_external_id,
    get_record_by_identifier,
    get_record_by_key,
    local_time,
    value_reader,
    view_records,
)
from .records_by_name import FoundRecords, RecordNames, get_records
from .related import load_references, load_values, record_json
from .related_fields import RelatedField, RelatedPath, find_any_field, find_related_path
from .self_access import (
    check_admin_fields,
    check_lists_all,
    check_may_read,
    check_type_archived,
    find_member,
    get_readable_type,
    get_type_schema,
    may_see_type,
    type_archived,
    with_self_access,
)
from .trash import Trashed, find_thrown_before, list_trash
from .value_holders import with_holders

__all__ = [
    "AT_MOST",
    "MAX_KEY",
    "REMAINING",
    "WRITE_COLUMNS",
    "Address",
    "Blame",
    "FieldBlame",
    "FieldChange",
    "FoundRecords",
    "HistoryEntry",
    "ObjectCount",
    "RecordNames",
    "RecordView",
    "RelatedField",
    "RelatedPath",
    "SignedLink",
    "Trashed",
    "WriteRow",
    "address",
    "check_admin_fields",
    "check_lists_all",
    "check_may_read",
    "check_type_archived",
    "count_objects",
    "ends_of",
    "external_key",
    "find_any_field",
    "find_member",
    "find_related_path",
    "find_thrown_before",
    "find_uuid",
    "find_with_history",
    "get_blame",
    "get_readable_type",
    "get_record",
    "get_record_as_of",
    "get_record_by_external_id",
    "get_record_by_identifier",
    "get_record_by_key",
    "get_record_in_any_state",
    "get_records",
    "get_remaining",
    "get_type_schema",
    "history_entries",
    "list_archived",
    "list_history",
    "list_trash",
    "load_references",
    "load_values",
    "local_time",
    "may_see_type",
    "read_changes",
    "read_download",
    "read_upload",
    "record_json",
    "select_fields",
    "shown_fields",
    "sign_download",
    "sign_upload",
    "signed_url",
    "survivors_of",
    "take_back",
    "take_back_since",
    "type_archived",
    "value_reader",
    "view_records",
    "with_holders",
    "with_self_access",
]
