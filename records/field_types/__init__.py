"""One module per kind of value; a new file here is a new field type."""

import sys

from records.registry import import_modules

from .base import (
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
from .folding import DIVIDER, index_text, search_text, shown_text
from .time_zone import known_time_zones

import_modules(sys.modules[__name__])

__all__ = [
    "DIVIDER",
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
    "cell_text",
    "field_types",
    "index_text",
    "known_time_zones",
    "listed",
    "member_name",
    "normal_text",
    "search_text",
    "shown_name",
    "shown_text",
    "unlisted",
]
