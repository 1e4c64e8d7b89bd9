"""One module per kind of value; a new file here is a new field type."""

import sys

from records.registry import import_modules

from .base import (
    PERIODS,
    AttachmentRef,
    FieldSpec,
    FieldType,
    Guess,
    InvalidValue,
    MemberRef,
    NewOption,
    OptionSpec,
    RecordRef,
    References,
    Test,
    cell_text,
    field_types,
    listed,
    member_name,
    normal_text,
    shown_name,
    unlisted,
)
from .date import read_day
from .date_time import day_test
from .expressions import MAX_EXPRESSION, attributes_read, condition, names_read, never_boolean
from .folding import (
    DIVIDER,
    KEY_END,
    first_part,
    index_text,
    root_text,
    search_text,
    shown_text,
)
from .formula import readable
from .phone_number import phone_in_e164
from .tailorings import check_language, has_dotless_i, has_own_order, known_languages
from .time_zone import known_time_zones

import_modules(sys.modules[__name__])

__all__ = [
    "DIVIDER",
    "KEY_END",
    "MAX_EXPRESSION",
    "PERIODS",
    "AttachmentRef",
    "FieldSpec",
    "FieldType",
    "Guess",
    "InvalidValue",
    "MemberRef",
    "NewOption",
    "OptionSpec",
    "RecordRef",
    "References",
    "Test",
    "attributes_read",
    "cell_text",
    "check_language",
    "condition",
    "day_test",
    "field_types",
    "first_part",
    "has_dotless_i",
    "has_own_order",
    "index_text",
    "known_languages",
    "known_time_zones",
    "listed",
    "member_name",
    "names_read",
    "never_boolean",
    "normal_text",
    "phone_in_e164",
    "read_day",
    "readable",
    "root_text",
    "search_text",
    "shown_name",
    "shown_text",
    "unlisted",
]
