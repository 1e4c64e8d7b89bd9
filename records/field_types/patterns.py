"""Patterns that the texts of a field must match, on an engine whose time grows with the text and
not beyond."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from .base import FieldSpec, InvalidValue, check_text, settings_group

SETTINGS = "text_options"
OPTIONAL: Mapping[str, tuple[str, ...]] = {SETTINGS: ("pattern",)}
DOCUMENTED: Mapping[str, Mapping[str, Any]] = {SETTINGS: {"pattern": {"type": "string"}}}
RULES: Mapping[str, tuple[str, str]] = {"pattern": (SETTINGS, "pattern")}
MAX_PATTERN = 500
MAX_MEMORY = 1 << 20  # bytes that a compiled pattern may take


def check_pattern(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a text field; InvalidValue unless the engine takes the pattern (no
    look-around, no back-references)."""
    pattern = settings_group(settings, SETTINGS).get("pattern")
    if pattern is None or pattern == "":
        return {}
    try:
        _compiled(check_text(pattern, MAX_PATTERN))
    except InvalidValue as problem:
        raise InvalidValue.of(problem, SETTINGS, "pattern") from None
    except re2.error as problem:
        raise InvalidValue(f"{str(problem)[:200]}", at=(SETTINGS, "pattern")) from None
    return {SETTINGS: {"pattern": pattern}}


def check_match(field: FieldSpec, text: str) -> str:
    """`text`, which matches the field's pattern from its first character to its last; InvalidValue
    otherwise."""
    options = field.settings.get(SETTINGS)
    if options and text and not _compiled(options["pattern"]).fullmatch(text):
        raise InvalidValue(f"Expected text that matches {options['pattern']}.")
    return text


def pattern_schema(field: FieldSpec) -> dict[str, Any]:
    """What JSON Schema says of the field's pattern."""
    options = field.settings.get(SETTINGS)
    return {"pattern": f"^(?:{options['pattern']})$"} if options else {}


@lru_cache(1000)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    return re2.compile(pattern, options)
