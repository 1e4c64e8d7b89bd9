"""Settings from the environment: each is declared once, read once, by kind; bad ones are reported
together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
Read_co = TypeVar("Read_co", covariant=True)
LONGEST_SHOWN = 80


class BadSettings(ImproperlyConfigured):
    """Settings that Records cannot start with: one sentence for each problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Kind(Generic[Read_co]):
    """How a value is read from text, and what text is expected.

    `read` raises ValueError; its message, if any, replaces "is '<text>'" in the sentence about a
    bad value.
    """

    read: Callable[[str], Read_co]
    expected: str


@dataclass(frozen=True)
class Variable:
    """What is declared of one environment variable; `default` and `about` are written for its
    reader."""

    name: str
    kind: Kind[Any]
    group: str
    default: str
    about: str
    secret: bool

    @property
    def required(self) -> bool:
        """Whether production does not start without it."""
        return self.default.startswith("required")


class Group:
    """A heading, and the settings below it."""

    def __init__(self, title: str) -> None:
        self.title = title

    def has(
        self,
        kind: Kind[T],
        default: T,
        about: str,
        *,
        shown: str | None = None,
        secret: bool = False,
    ) -> T:
        """Declare a field of a frozen dataclass as a setting of this group.

        `shown` describes the default where its value does not: it depends on other settings, or is
        required.
        """
        text = shown if shown is not None else spelled(default)
        declared = {
            "kind": kind,
            "group": self.title,
            "default": text,
            "about": about,
            "secret": secret,
        }
        made: T = field(default=default, metadata=declared)
        return made


def spelled(default: object) -> str:
    """Write a default as it would be set."""
    if isinstance(default, bool):
        return str(default).lower()
    if default in (None, "", ()):
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


def variables(declared: type[Any]) -> list[Variable]:
    """List what a dataclass of settings declares, in its order."""
    return [Variable(name=each.name, **each.metadata) for each in fields(declared)]


@dataclass(frozen=True)
class Rule:
    """A condition on several settings: broken, it is reported unless one of them is already."""

    names: frozenset[str]
    broken: bool
    sentence: str


def read_environment(
    declared: type[T],
    environ: Mapping[str, str],
    rules: Callable[[T], Iterable[Rule]] = lambda _: (),
) -> T:
    """Read all settings of a dataclass; BadSettings names every wrong one. An empty variable counts
    as unset."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for variable in variables(declared):
        text = environ.get(variable.name, "").strip()
        if text:
            try:
                check_text(text)
                values[variable.name] = variable.kind.read(text)
            except ValueError as error:
                problems[variable.name] = sentence(variable, text, str(error))
    found = declared(**values)
    broken = [
        rule.sentence for rule in rules(found) if rule.broken and not rule.names & problems.keys()
    ]
    if problems or broken:
        raise BadSettings([*problems.values(), *broken])
    return found


def check_text(text: str) -> None:
    """Refuse bytes that are no text, which neither a database nor a terminal would take."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds bytes that are not UTF-8") from None


def sentence(variable: Variable, text: str, what: str) -> str:
    """Say what is wrong with one variable, and what is expected; never the value of a secret
    one."""
    if not what:
        what = "cannot be read" if variable.secret else f"is {shortened(text)!r}"
    return f"{variable.name} {what}; expected {variable.kind.expected}."


def shortened(text: str) -> str:
    """Return text to show: not too long, and without the password that an address may carry."""
    text = re.sub(r"//[^/@\s]*@", "//***@", text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
