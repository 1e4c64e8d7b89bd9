"""One module per kind of value; a new file here is a new field type."""

import sys

from records.registry import import_modules

from .base import (
    AttachmentRef,
    FieldSpec,
    FieldType,
    InvalidValue,
    MemberRef,
    NewOption,
    OptionSpec,
    RecordRef,
    References,
    Test,
    field_types,
    normal_text,
)

import_modules(sys.modules[__name__])

__all__ = [
    "AttachmentRef",
    "FieldSpec",
    "FieldType",
    "InvalidValue",
    "MemberRef",
    "NewOption",
    "OptionSpec",
    "RecordRef",
    "References",
    "Test",
    "field_types",
    "normal_text",
]
