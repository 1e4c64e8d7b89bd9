"""`python -m tests.management.spilling WAY`: takes in or writes a big file until it is killed,
halfway."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator

import django

CANARY = b"Kanarienvogel"
LINES = 200_000  # some 3 MB, more than is kept in memory


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def lines() -> Iterator[bytes]:
    for _ in range(LINES):
        yield CANARY + b"\n"
    kill()


class Body(io.RawIOBase):
    """A request's body whose sender, and this process, go while it is read."""

    def __init__(self) -> None:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        self._parts = iter([head, *pieces()])

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        part = next(self._parts, None)
        if part is None:
            kill()
        return part or b""


def pieces() -> Iterator[bytes]:
    yield from ((CANARY + b"\n") * 4000 for _ in range(LINES // 4000))


def form() -> None:
    """A form with a file, as the admin and the API take it in."""
    from django.core.handlers.wsgi import WSGIRequest

    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "multipart/form-data; boundary=b",
        "CONTENT_LENGTH": str(1 << 30),
        "wsgi.input": Body(),
    }
    WSGIRequest(environ).FILES.get("file")


def upload() -> None:
    """A file to import."""
    from records.services.importing.uploads import _receive
    from records.services.storage.spooled_files import SpooledFile

    with SpooledFile() as raw:
        _receive(lines(), raw)


def workbook() -> None:
    """An export of very many records as a workbook."""
    from records.services.exporting.table_export import FORMS
    from records.services.reading.record_address import address, get_remaining
    from records.services.storage.spooled_files import SpooledFile
    from tests.factories import make_object, make_record, make_workspace

    caller = make_workspace()
    make_object(caller, "People")
    uuid = make_record(caller, "people", name=CANARY.decode()).record.uuid
    schema = caller.schema("people")
    fields = (schema.by_name["name"],)
    view = get_remaining(caller.author, schema, address(uuid), fields)
    with SpooledFile() as target:
        FORMS["xlsx"](caller.author, fields, (view for _ in lines()), target, whole=False)


WAYS: dict[str, Callable[[], None]] = {"form": form, "upload": upload, "workbook": workbook}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    WAYS[sys.argv[1]]()
