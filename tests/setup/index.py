"""A package index of stand-in wheels, served on loopback, to which newer releases are added as time
passes."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a stand-in package. A `build` is a wheel that was added to a release later and
    is preferred."""

    name: str
    version: str
    requires: Sequence[str] = ()
    extras: Sequence[str] = ()
    build: str = ""

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def file_name(self) -> str:
        parts = [self.package, self.version, self.build, "py3-none-any.whl"]
        return "-".join(part for part in parts if part)

    def write(self, folder: Path) -> Path:
        """Make the wheel in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            f"{self.package}.py": f"VERSION = {self.version!r}\n",
            f"{self.package}-{self.version}.dist-info/METADATA": self._metadata(),
            f"{self.package}-{self.version}.dist-info/WHEEL": self._tags(),
        }
        record = f"{self.package}-{self.version}.dist-info/RECORD"
        files[record] = "".join(f"{name},,\n" for name in [*files, record])
        path = folder / self.file_name
        with zipfile.ZipFile(path, "w") as wheel:
            for name, text in files.items():
                wheel.writestr(name, text)
        return path

    def _metadata(self) -> str:
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Provides-Extra: {extra}" for extra in self.extras]
        lines += [f"Requires-Dist: {required}" for required in self.requires]
        return "\n".join(lines) + "\n"

    def _tags(self) -> str:
        build = f"Build: {self.build}\n" if self.build else ""
        return (
            f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\n{build}Tag: "
            "py3-none-any\n"
        )


@dataclass(frozen=True)
class Index:
    """The wheels in `folder`, as the simple repository API (PEP 503) lists them at `url`."""

    folder: Path
    url: str

    def add(self, *releases: Release, withdrawn: str = "") -> None:
        """Add releases, and mark the file `withdrawn` as one that nobody should choose any more."""
        for release in releases:
            release.write(self.folder / "files")
        pages = defaultdict(list)
        for path in sorted((self.folder / "files").iterdir()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            mark = ' data-yanked="withdrawn"' if path.name == withdrawn else ""
            link = f'<a href="/files/{path.name}#sha256={digest}"{mark}>{path.name}</a><br>'
            pages[path.name.split("-")[0].replace("_", "-")].append(link)
        for name, links in pages.items():
            page = self.folder / "simple" / name / "index.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text("\n".join(links))


class Quiet(SimpleHTTPRequestHandler):
    """A handler that logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve_index(folder: Path) -> Iterator[Index]:
    """An empty index in `folder`, served until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Index(folder, f"http://127.0.0.1:{server.server_port}/simple")
        finally:
            server.shutdown()
            thread.join()
