"""Compares the answers that the documentation shows with those that commands gave.

`…` stands for whatever cannot be known, such as ids and times:

- in a string or a line of text, for any characters;
- as the last item of a JSON list, for any further items;
- in the name of a JSON property, for any characters, so that `"…": 3` is one property whose value is 3;
- as name and value of a JSON property, `"…": "…"`, for any further properties;
- on a line of its own, for any number of lines.

Everything else must be there exactly as it is shown.
"""

from __future__ import annotations

import json
import re
from typing import Any

ANYTHING = "…"


class _Properties(list[tuple[str, Any]]):
    """A JSON object as it is shown, where several names may be `…`."""


def json_difference(shown: str, given: str) -> str:
    """What is wrong with an answer in JSON; empty when it is as shown."""
    try:
        expected = json.loads(shown, object_pairs_hook=_Properties)
    except ValueError as error:
        return f"the shown answer is not JSON: {error}"
    try:
        return _difference(expected, json.loads(given), "answer")
    except ValueError:
        return f"the answer is not JSON: {given[:2000]}"


def text_difference(shown: str, given: str) -> str:
    """What is wrong with lines of output; empty when they are as shown."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == ANYTHING else _pattern(line.rstrip()) + r"[ \t]*\n"
        for line in shown.strip().splitlines()
    )
    if re.fullmatch(pattern, given.strip() + "\n"):
        return ""
    return f"expected\n{shown.rstrip()}\nbut got\n{given.rstrip()[:4000]}"


def _pattern(shown: str) -> str:
    return ".*?".join(map(re.escape, shown.split(ANYTHING)))


def _difference(shown: Any, given: Any, path: str) -> str:
    if isinstance(shown, str) and ANYTHING in shown:
        if shown == ANYTHING or (
            isinstance(given, str) and re.fullmatch(_pattern(shown), given, re.DOTALL)
        ):
            return ""
    elif isinstance(shown, _Properties) and isinstance(given, dict):
        return _difference_of_objects(shown, given, path)
    elif type(shown) is list and isinstance(given, list):
        return _difference_of_lists(shown, given, path)
    elif type(shown) is type(given) and shown == given:
        return ""
    return (
        f"{path}: {json.dumps(shown, ensure_ascii=False)} is shown, "
        f"{json.dumps(given, ensure_ascii=False)} is given"
    )


def _difference_of_objects(shown: _Properties, given: dict[str, Any], path: str) -> str:
    left = dict(given)
    for name, value in shown:
        if (name, value) == (ANYTHING, ANYTHING):
            continue
        named = [key for key in left if re.fullmatch(_pattern(name), key)]
        wrongs = {key: _difference(value, left[key], f"{path}.{key}") for key in named}
        found = next((key for key, wrong in wrongs.items() if not wrong), None)
        if found is None:
            return next(
                iter(wrongs.values()),
                f"{path}: {name} is shown, but the answer has {', '.join(given)}",
            )
        del left[found]
    return (
        ""
        if (ANYTHING, ANYTHING) in shown or not left
        else f"{path}: {', '.join(left)} is given but not shown"
    )


def _difference_of_lists(shown: list[Any], given: list[Any], path: str) -> str:
    open_ended = shown[-1:] == [ANYTHING]
    listed = shown[:-1] if open_ended else shown
    if len(given) < len(listed) or (len(given) > len(listed) and not open_ended):
        return f"{path}: {len(listed)} items are shown, {len(given)} are given"
    pairs = enumerate(zip(listed, given, strict=False))
    return next(
        (
            wrong
            for at, (one, other) in pairs
            if (wrong := _difference(one, other, f"{path}[{at}]"))
        ),
        "",
    )
