"""Temporary files: independent readers, and nothing left in any folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from records.services.storage.spooled_files import SpooledFile


def test_each_reader_begins_at_the_start() -> None:
    with SpooledFile() as file:
        file.write(b"abcdef")
        one, other = file.open(), file.open()
        assert one.read(2) == b"ab"
        assert other.read() == b"abcdef"
        assert one.read() == b"cdef"


def test_a_reader_seeks_from_start_position_and_end() -> None:
    with SpooledFile() as file:
        file.write(b"abcdef")
        reader = file.open()
        reader.seek(2)
        assert reader.read(1) == b"c"
        reader.seek(1, os.SEEK_CUR)
        assert reader.read(1) == b"e"
        reader.seek(-1, os.SEEK_END)
        assert reader.read() == b"f"


def test_text_is_written_and_the_file_stays_open() -> None:
    with SpooledFile() as file:
        with file.open_text() as text:
            text.write("ü\r\n")
        file.write(b"!")
        assert file.open().read() == "ü\r\n!".encode()


def test_no_folder_lists_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with SpooledFile() as file:
        file.write(b"x" * 100_000)
        file.open()
        assert list(tmp_path.iterdir()) == []
