"""Responses are compressed for clients that take them, and stay what they were."""

from __future__ import annotations

import gzip
import sys
from io import BytesIO
from typing import Any

import pytest
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from records_project.compression import LEAST

if sys.version_info >= (3, 14):
    from compression.zstd import decompress as unzstd
else:
    from backports.zstd import decompress as unzstd

LONG = b"a,b,c\n" * 5000
UNPACK: dict[str, Any] = {"gzip": gzip.decompress, "zstd": unzstd}


def show(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"text": "x" * 10_000}, headers={"ETag": '"7"'})


def short(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * (LEAST - 1), content_type="text/plain")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([LONG, LONG]), content_type="text/csv")


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(BytesIO(LONG), content_type="text/csv")


def image(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * 10_000, content_type="image/png")


urlpatterns = [
    path("api/show", show),
    path("show", show),
    path("api/short", short),
    path("api/stream", stream),
    path("api/file", file),
    path("api/image", image),
]


@pytest.fixture(autouse=True)
def _views(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


def get(address: str, accepted: str) -> Any:
    return Client().get(address, headers={"Accept-Encoding": accepted} if accepted else {})


@pytest.mark.parametrize("address", ["/api/show", "/show"])
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("gzip, deflate, zstd", "zstd"), ("zstd;q=0.5, gzip", "gzip")],
)
def test_json_is_compressed(address: str, accepted: str, encoding: str) -> None:
    plain, packed = get(address, ""), get(address, accepted)
    assert packed.headers["Content-Encoding"] == encoding
    assert UNPACK[encoding](packed.content) == plain.content
    assert int(packed.headers["Content-Length"]) == len(packed.content) < len(plain.content) / 10
    assert "accept-encoding" in packed.headers["Vary"].lower()


def test_a_tag_stays_strong_so_that_it_can_be_sent_back() -> None:
    assert get("/api/show", "gzip").headers["ETag"] == '"7"'


@pytest.mark.parametrize(
    "accepted", ["", "identity", "br", "*", "gzip;q=0", "x" * 5000, "gzip;q=é"]
)
def test_who_takes_neither_gets_it_as_it_is(accepted: str) -> None:
    response = get("/api/show", accepted)
    assert "Content-Encoding" not in response.headers
    assert response.json()["text"]


@pytest.mark.parametrize("address", ["/api/short", "/api/file", "/api/image"])
def test_what_is_not_worth_it_is_left_alone(address: str) -> None:
    assert "Content-Encoding" not in get(address, "gzip, zstd").headers


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_streams_are_compressed_as_they_come(encoding: str) -> None:
    response = get("/api/stream", encoding)
    parts = list(response.streaming_content)
    assert UNPACK[encoding](b"".join(parts)) == LONG + LONG
    assert len(parts) >= 2
    assert "Content-Length" not in response.headers


def test_a_setting_switches_it_off(settings: Settings) -> None:
    settings.COMPRESS = False
    assert "Content-Encoding" not in get("/api/show", "gzip").headers
