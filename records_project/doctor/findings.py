"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence on what is, and where something is wrong, one on what to do."""

    status: Status
    said: str
    check: str = ""


def ok(said: str) -> Finding:
    return Finding("ok", said)


def warning(said: str) -> Finding:
    return Finding("warning", said)


def failed(said: str) -> Finding:
    return Finding("failed", said)


def skipped(said: str) -> Finding:
    return Finding("skipped", said)
