"""The proxy in front: what it passes on, seen from where visitors come in."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from .findings import Finding, failed, ok, skipped, warning

PAGE = "/admin/login/"
SECONDS = 10


def proxy(address: str) -> Iterator[Finding]:
    """Ask for a page as a visitor does, and as one who lies about TLS."""
    if not address:
        yield skipped(
            "Not checked: pass --url https://your.host, or set PUBLIC_URL, to see what it "
            "passes on."
        )
        return
    yield from examine_proxy(address.rstrip("/"), f"http://{urlsplit(address).hostname}")


def examine_proxy(address: str, plain: str) -> Iterator[Finding]:
    """Try the address of visitors, and the same host over plain HTTP."""
    with httpx.Client(
        verify=ssl.create_default_context(), timeout=SECONDS, follow_redirects=False
    ) as visitor:
        try:
            alive, page = visitor.get(f"{address}/healthz"), visitor.get(f"{address}{PAGE}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            yield failed(
                f"{address} cannot be reached from here: {error}. Check DNS, the proxy and "
                "its certificate."
            )
            return
        yield of_page(address, alive, page)
        if settings.TRUST_PROXY_HEADERS:
            yield from of_lie(visitor, plain)
            if page.status_code == httpx.codes.OK:
                yield of_spelling(visitor, address)


def of_page(address: str, alive: httpx.Response, page: httpx.Response) -> Finding:
    """Judge what a visitor gets."""
    if alive.status_code != httpx.codes.OK or alive.text != "ok":
        said = f"{address}/healthz answers {alive.status_code}, not Records."
        return failed(f"{said} See that `serve` runs and that the proxy leads to its port.")
    if page.status_code == httpx.codes.BAD_REQUEST:
        said = "Records refuses the host name that the proxy passes on."
        return failed(
            f"{said} Let the proxy keep the Host header, and add the name to ALLOWED_HOSTS."
        )
    if page.is_redirect and page.headers["Location"] == f"{address}{PAGE}":
        said = f"{address} is redirected to itself forever."
        return failed(
            f"{said} Let the proxy set X-Forwarded-Proto, and set TRUST_PROXY_HEADERS=true."
        )
    if page.status_code != httpx.codes.OK:
        return failed(f"{address}{PAGE} answers {page.status_code}. Look into the log of `serve`.")
    if settings.HTTPS_ONLY and "Strict-Transport-Security" not in page.headers:
        return warning(
            "The answer came without HSTS. See that the proxy keeps the headers of answers."
        )
    return ok(f"{address} shows the log-in page; host name and TLS are passed on.")


def of_lie(visitor: httpx.Client, plain: str) -> Iterator[Finding]:
    """See that a client cannot claim TLS that it does not use: the proxy must overwrite the header,
    or not listen."""
    try:
        page = visitor.get(f"{plain}{PAGE}", headers={"X-Forwarded-Proto": "https"})
    except httpx.HTTPError:
        yield ok("Plain HTTP is not served.")
        return
    if page.status_code == httpx.codes.OK:
        said = (
            "The proxy passes X-Forwarded-Proto on as clients send it, so they are believed to "
            "use TLS."
        )
        yield failed(f"{said} Let it overwrite the header.")
    else:
        yield ok("The proxy does not pass X-Forwarded-Proto on from clients.")


def of_spelling(visitor: httpx.Client, address: str) -> Finding:
    """See that a client cannot override a header by writing its name with underscores, which to a
    web application is the same name: one that says there is no TLS would be redirected."""
    try:
        page = visitor.get(f"{address}{PAGE}", headers={"X_Forwarded_Proto": "http"})
    except httpx.HTTPError as error:
        return failed(f"{address} was reached only once from here: {error}.")
    if page.is_redirect:
        said = (
            "The proxy passes on headers with underscores in their names, which override those "
            "with hyphens: X_Forwarded_Proto the X-Forwarded-Proto that it sets."
        )
        return failed(f"{said} Let it drop them, as the files in docs/deploy do.")
    return ok("The proxy drops headers with underscores in their names.")
