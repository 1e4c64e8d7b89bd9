"""Which addresses a webhook may have."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from records.exceptions import InvalidInput
from records.services.webhooks.urls import check_url, split_url, target_of


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com",
        "https://shop.example.com:8443/hook?key=1",
        "https://93.184.216.34/hook",
        "https://[2606:4700::1111]/hook",
    ],
)
def test_public_addresses_are_taken(url: str) -> None:
    assert check_url(f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example.com",
        "http://shop.example.com",
        "https://",
        "https:///hook",
        "https://shop",
        "https://shop.internal/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://169.254.169.254/latest/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://[::1",
        "https://shop.example.com:0x1/",
        "https://shop.example.com:0/",
        "https://shop.example.com:/",
        "https://shop.example.com:65536/",
        "https://shop.example.com/a b",
        "https://shop.example.com/\\evil",
        "https://shöp.example.com/",
        "https://a@shop.example.com/",
        "https://shop.example.com/\r\nX: y",
    ],
)
def test_others_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_url(url)
    assert refused.value.path == ("url",)


def test_opened_hosts_may_be_near_and_without_tls(settings: Settings) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = ["127.0.0.1:8001"]
    assert check_url("http://127.0.0.1:8001/hook")
    with pytest.raises(InvalidInput):
        check_url("http://127.0.0.1:8002/hook")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.example.com", "/"),
        ("https://a.example.com/x/?y=1&z", "/x/?y=1&z"),
        ("https://a.example.com?y", "/?y"),
    ],
)
def test_the_query_is_part_of_what_is_sent(url: str, target: str) -> None:
    assert target_of(split_url(url)[0]) == target


@pytest.mark.parametrize("url", ["http://shop.example.com/", "https://localhost:8001/"])
def test_a_refusal_says_how_an_operator_opens_a_host(url: str) -> None:
    with pytest.raises(InvalidInput, match="EXTERNAL_ALLOWED_HOSTS"):
        check_url(url)
