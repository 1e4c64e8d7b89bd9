"""Settings: the bad ones are refused before this; here are those that are allowed and yet
unwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches

from django.conf import settings as active

from records_project.environment import variables
from records_project.variables import Variables

from .findings import Finding, ok, warning

ALIKE = 0.88  # from RECORD_ENV to RECORDS_ENV, not from AWS_PROFILE to anything


def settings() -> Iterator[Finding]:
    """Say in which mode Records runs, and what of it only suits a trial."""
    doubts = [*doubts_of_mode(), *misspelled(dict(os.environ))]
    yield from (warning(doubt) for doubt in doubts)
    if not doubts:
        yield ok(f"All settings are valid; Records runs in {active.RECORDS_ENV} mode.")


def doubts_of_mode() -> Iterator[str]:
    """List what is fine on a laptop, but not on a server."""
    if active.RECORDS_ENV != "production":
        yield f"Records runs in {active.RECORDS_ENV} mode. On a server, set RECORDS_ENV=production."
        return
    if "*" in active.ALLOWED_HOSTS:
        yield (
            "ALLOWED_HOSTS is *, so links may carry any host name that a client sends. List your "
            "host names instead."
        )
    if not active.HTTPS_ONLY:
        yield (
            "HTTPS_ONLY is false, so passwords and keys travel unencrypted. Set it to true "
            "behind a proxy with TLS."
        )
    if not active.PUBLIC_URL:
        yield (
            "PUBLIC_URL is not set, so links to files are relative. Set it to the address that "
            "visitors use."
        )


def misspelled(environ: dict[str, str]) -> Iterator[str]:
    """List variables that look like one of ours: what they were to set is at its default."""
    ours = [variable.name for variable in variables(Variables)]
    for name in sorted(environ.keys() - set(ours)):
        for alike in get_close_matches(name, ours, n=1, cutoff=ALIKE):
            if alike not in environ:
                yield f"{name} is not a setting. If you meant {alike}, rename it."
