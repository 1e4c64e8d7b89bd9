"""Writes a program that makes every call with the client that openapi-python-client generated.

`python -m tests.clients.write_python API PACKAGE` prints it; PACKAGE is the generated one, whose
functions say what types they take.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
import sys
import typing
from typing import Any
from uuid import UUID

from .calling import Call, filled, marks
from .calls import CALLS

HEAD = '''\
"""Makes every call of the document, and prints what was called and answered."""

import json
import os
from http import HTTPStatus
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx

from {package} import AuthenticatedClient
from {package} import models
from {package}.types import File, Response
from tests.clients.calling import kept

headers = json.loads(os.environ["HEADERS"])
client = AuthenticatedClient(
    base_url=os.environ["SERVER"],
    token=headers["X-API-KEY"],
    {signed_in},
    raise_on_unexpected_status=True,
    timeout=httpx.Timeout(60.0),
)
known: dict[str, Any] = {{"workspace": os.environ["WORKSPACE"]}}
called: list[tuple[str, int]] = []


def text(name: str) -> str:
    value = known[name]
    assert isinstance(value, str), name
    return value


def number(name: str) -> int:
    value = known[name]
    assert isinstance(value, int), name
    return value


def took(operation: str, status: int, answer: Response[Any], **keeps: str) -> None:
    assert answer.status_code == status, (operation, answer.status_code, answer.content)
    # Applying a view to others is answered with 200, and nothing else.
    is_empty = status == HTTPStatus.NO_CONTENT or '_apply_to_' in operation
    assert (answer.parsed is None) == is_empty, operation
    for name, place in keeps.items():
        known[name] = kept(json.loads(answer.content), place)
    called.append((operation, status))

'''
# How the key is sent: as a bearer token, unless said otherwise.
SIGNED_IN = {
    "records": 'prefix="", auth_header_name="X-API-KEY", headers={'
    'name: headers[name] for name in ("X-BUSINESS-ID", "X-USER-ID")}',
    "workspace": "headers={}",
}


def written(api: str, package: str) -> str:
    """The program."""
    modules = {
        name.rpartition(".")[2]: name
        for _, name, is_package in pkgutil.walk_packages(
            importlib.import_module(f"{package}.api").__path__, f"{package}.api."
        )
        if not is_package
    }
    calls = CALLS[api]
    imports = [
        f"from {modules[name].rpartition('.')[0]} import {name}"
        for name in sorted({call.operation for call in calls})
    ]
    steps = [_step(call, importlib.import_module(modules[call.operation])) for call in calls]
    head = HEAD.format(package=package, signed_in=SIGNED_IN[api])
    return "\n".join([*imports, "", head, *steps, "print(json.dumps(called))", ""])


def _step(call: Call, module: Any) -> str:
    types = typing.get_type_hints(module.sync_detailed)
    taken = inspect.signature(module.sync_detailed).parameters
    sent = {**call.path, **call.query}
    arguments = [
        f"{name}={_argument(types[name], _of(sent, name))}"
        for name in taken
        if _of(sent, name) is not None
    ]
    if "body" in taken:
        arguments.append(f"body={_argument(types['body'], call.body)}")
    listed = ", ".join([*arguments, "client=client"])
    keeps = "".join(f", {name}={place!r}" for name, place in call.keeps.items())
    answer = f"{call.operation}.sync_detailed({listed})"
    return f"took({call.operation!r}, {call.status}, {answer}{keeps})"


def _of(sent: dict[str, Any], name: str) -> Any:
    """The argument for a parameter, which is spelled in the way of Python."""
    folded = {key.replace("_", "").lower(): value for key, value in sent.items()}
    return folded.get(name.replace("_", "").lower())


def _argument(annotation: Any, value: Any) -> str:
    """A value as source, of one of the types that the annotation lists."""
    for kind in typing.get_args(annotation) or (annotation,):
        if kind is UUID:
            return f"UUID({_source(value)})"
        if kind.__name__ == "File":
            return _file(value)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return f"models.{kind.__name__}({value!r})"
        if hasattr(kind, "from_dict"):
            return _model(kind, value)
    return _source(value)


def _model(kind: Any, value: Any) -> str:
    if any(isinstance(each, bytes) for each in value.values()):
        parts = ", ".join(
            f"{name}={_file(each) if isinstance(each, bytes) else _source(each)}"
            for name, each in value.items()
        )
        return f"models.{kind.__name__}({parts})"
    return f"models.{kind.__name__}.from_dict({_source(value)})"


def _file(content: bytes) -> str:
    return f'File(payload=BytesIO({content!r}), file_name="file.csv", mime_type="text/csv")'


class _Code(str):
    """Source that is written as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _source(value: Any) -> str:
    def fill(name: str, is_number: bool) -> _Code:
        return _Code(f"{'number' if is_number else 'text'}({name!r})")

    return repr(filled(value, fill)) if any(marks(value)) else repr(value)


if __name__ == "__main__":
    print(written(*sys.argv[1:]))  # noqa: T201 (its output is what it is for)
