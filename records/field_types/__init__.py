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
from .expression_values import data_read
from .expressions import MAX_EXPRESSION, ROOTS, never_boolean, program
from .folding import (
    DIVIDER,
    KEY_END,
    first_part,
    index_text,
    root_text,
    search_text,
    shown_text,
)
from .formula_results import RESULTS
from .phone_number import phone_in_e164
from .surroundings import NOBODY, Surroundings, activation, check_reads
from .tailorings import check_language, has_dotless_i, has_own_order, known_languages
from .time_zone import known_time_zones
from .validation import broken, check_rule, rule_reads, rule_reads_member

import_modules(sys.modules[__name__])

__all__ = [
    "DIVIDER",
    "KEY_END",
    "MAX_EXPRESSION",
    "NOBODY",
    "PERIODS",
    "RESULTS",
    "ROOTS",
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
    "Surroundings",
    "Test",
    "activation",
    "broken",
    "cell_text",
    "check_language",
    "check_reads",
    "check_rule",
    "data_read",
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
    "never_boolean",
    "normal_text",
    "phone_in_e164",
    "program",
    "read_day",
    "root_text",
    "rule_reads",
    "rule_reads_member",
    "search_text",
    "shown_name",
    "shown_text",
    "unlisted",
]
