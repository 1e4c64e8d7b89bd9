"""Every setting of Records: its name, kind, default and meaning, and what must hold of several at
once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from records_project import kinds
from records_project.environment import Group, Rule
from records_project.kinds import choice, number, weakness, whole

MOST_BYTES = 2**40
DAY = 24 * 60 * 60

basics = Group("Basics")
https = Group("HTTPS and the proxy")
databases = Group("Database")
files = Group("Files")
limits = Group("Limits and jobs")
external = Group("External sources")


@dataclass(frozen=True)
class Variables:
    """What the environment says. None and empty values mean: not set."""

    RECORDS_ENV: str = basics.has(
        choice("production", "demo", "test"),
        "production",
        "`demo`: plain HTTP on this machine, its secret key kept in `DATA_DIR`; `test`: the "
        "same with cheap passwords",
    )
    SECRET_KEY: str = basics.has(
        kinds.SECRET_KEY,
        "",
        "signs sessions and links; anyone who knows it can forge them",
        shown="required in production",
        secret=True,
    )
    ALLOWED_HOSTS: tuple[str, ...] = basics.has(
        kinds.HOSTS,
        (),
        "the host names that requests may be addressed to",
        shown="required in production; else this machine",
    )
    DATABASE_URL: Mapping[str, Any] | None = basics.has(
        kinds.DATABASE,
        None,
        "PostgreSQL 13 or newer, or a SQLite file",
        shown="`records.sqlite3` in `DATA_DIR`",
        secret=True,
    )
    DATA_DIR: Path | None = basics.has(
        kinds.FOLDER,
        None,
        "the folder of all local data; nothing is written elsewhere",
        shown="`.data` of the checkout, or of the current folder where Records is an installed "
        "package",
    )
    PUBLIC_URL: str = basics.has(
        kinds.ADDRESS,
        "",
        "public base URL, used to build absolute links to files; without it they begin at "
        "`/api/files/`",
    )
    TIME_ZONE: str = basics.has(
        kinds.TIME_ZONE, "UTC", "time zone of the admin; each workspace has its own"
    )
    LOG_LEVEL: str = basics.has(
        kinds.LOG_LEVEL, "INFO", "the least severe messages that are logged to standard error"
    )
    CLIENT_SECONDS: float = basics.has(
        number(DAY),
        20.0,
        "how long `serve` waits for a client that sends a request's body or receives a response at "
        "less than 500 bytes a second (0: no limit)",
    )
    DEBUG: bool = basics.has(
        kinds.BOOLEAN, False, "pages with details of errors; refused in production"
    )

    HTTPS_ONLY: bool | None = https.has(
        kinds.BOOLEAN,
        None,
        "redirect HTTP to HTTPS, HSTS, cookies over HTTPS only",
        shown="true in production, else false",
    )
    TRUST_PROXY_HEADERS: bool | None = https.has(
        kinds.BOOLEAN,
        None,
        "believe `X-Forwarded-Proto` and the last entry of `X-Forwarded-For`: true behind a proxy "
        "that always sets them, false where clients connect directly",
        shown="required in production with `HTTPS_ONLY`",
    )
    CSRF_TRUSTED_ORIGINS: tuple[str, ...] = https.has(
        kinds.ORIGINS, (), "other origins whose pages may send forms to the admin"
    )
    CORS_ORIGINS: tuple[str, ...] = https.has(
        kinds.CALLING_ORIGINS,
        (),
        "origins whose pages may call the APIs with a key from a browser, or `*` for all",
    )
    COMPRESS: bool = https.has(
        kinds.BOOLEAN,
        True,
        "compress responses with zstd or gzip for clients that ask; false where the proxy does",
    )
    HSTS_SECONDS: int = https.has(
        whole(0, 100 * 365 * DAY), 365 * DAY, "how long browsers remember to use HTTPS only"
    )
    HSTS_INCLUDE_SUBDOMAINS: bool = https.has(
        kinds.BOOLEAN, True, "HSTS counts for all subdomains too, and may be preloaded"
    )

    STATEMENT_SECONDS: float = databases.has(
        number(DAY),
        0.0,
        "longest that a database statement may take (0: no limit)",
        shown="5 for `serve`, else 0",
    )
    PREPARED_STATEMENTS: bool = databases.has(
        kinds.BOOLEAN,
        True,
        "false for a PostgreSQL pooler that does not keep prepared statements between transactions",
    )
    DB_POOL_MAX: int = databases.has(
        whole(0, 10_000),
        0,
        "PostgreSQL connections that the threads of a process share (0: one for each thread)",
    )
    DB_POOL_MIN: int = databases.has(whole(0, 10_000), 1, "connections that the pool keeps open")
    DB_HEALTH_CHECKS: bool = databases.has(
        kinds.BOOLEAN, False, "test a PostgreSQL connection before each request uses it"
    )

    MEDIA_ROOT: Path | None = files.has(
        kinds.FOLDER,
        None,
        "where files of records are stored; all machines share it or use S3",
        shown="`media` in `DATA_DIR`",
    )
    ATTACHMENT_MAX_BYTES: int = files.has(
        whole(1, MOST_BYTES), 50 * 1024 * 1024, "largest file of a record, in bytes"
    )
    STATIC_ROOT: Path | None = files.has(
        kinds.FOLDER,
        None,
        "where `collectstatic` puts assets for a web server in front; Records serves them itself",
    )
    AWS_STORAGE_BUCKET_NAME: str = files.has(
        kinds.TEXT, "", "store files of records in this S3 bucket; needs `requirements-s3.txt`"
    )
    AWS_S3_REGION_NAME: str = files.has(kinds.TEXT, "", "region of the bucket")
    AWS_S3_ENDPOINT_URL: str = files.has(
        kinds.ADDRESS, "", "address of a service that speaks S3, where it is not AWS"
    )
    AWS_ACCESS_KEY_ID: str = files.has(
        kinds.TEXT, "", "access key of the bucket; set both or neither", secret=True
    )
    AWS_SECRET_ACCESS_KEY: str = files.has(
        kinds.TEXT, "", "secret key that belongs to it", secret=True
    )

    RECORDS_MAX_BODY: int = limits.has(
        whole(1, MOST_BYTES), 10 * 1024 * 1024, "largest body of a request to an API, in bytes"
    )
    IMPORT_MAX_BYTES: int = limits.has(
        whole(1, MOST_BYTES), 200 * 1024 * 1024, "largest file to import, in bytes"
    )
    IMPORT_MAX_ROWS: int = limits.has(
        whole(1, 2**31), 10_000_000, "most rows of a file to import, blank ones included"
    )
    IMPORT_MAX_COLUMNS: int = limits.has(whole(1, 10_000), 1000, "most columns of a file to import")
    TRASH_DAYS: float = limits.has(
        number(36_500),
        30.0,
        "after how many days `purge_trash` removes deleted records permanently",
    )
    JOB_LEASE_SECONDS: int = limits.has(
        whole(1, DAY),
        60,
        "after how many silent seconds of its worker a job is taken over by another",
    )

    LIMIT_ADDRESS: str = limits.has(
        kinds.RATE, "", "requests from one address (an IPv6 network of 64 bits), pages included"
    )
    LIMIT_ACCOUNT: str = limits.has(kinds.RATE, "", "requests of one logged-in user")
    LIMIT_KEY: str = limits.has(kinds.RATE, "", "requests with one API key")
    LIMIT_WORKSPACE: str = limits.has(
        kinds.RATE, "", "API and MCP requests of all callers of one workspace"
    )
    LIMIT_WRONG_KEYS: str = limits.has(
        kinds.RATE, "300/minute", "wrong API keys from one address; right ones stay good"
    )
    LIMIT_LOG_IN: str = limits.has(
        kinds.RATE, "10/15minutes", "failed log-ins for one email from one address"
    )
    LIMIT_LOG_IN_ADDRESS: str = limits.has(
        kinds.RATE, "100/15minutes", "failed log-ins from one address"
    )
    LIMIT_LOG_IN_ACCOUNT: str = limits.has(
        kinds.RATE, "100/hour", "failed log-ins for one email from all addresses"
    )
    REDIS_URL: str = limits.has(
        kinds.REDIS,
        "",
        "count requests in this Redis instead of the database; needs `requirements-redis.txt`",
        secret=True,
    )

    EXTERNAL_SECRET_KEYS: tuple[str, ...] = external.has(
        kinds.SECRET_KEYS,
        (),
        "keys that seal the secrets of external sources, the newest first; see `reseal_secrets`",
        shown="`SECRET_KEY`",
        secret=True,
    )
    EXTERNAL_ALLOWED_HOSTS: tuple[str, ...] = external.has(
        kinds.ENDPOINTS,
        (),
        "`host:port` of upstreams and receivers of webhooks that may be called without a public "
        "address or TLS",
    )
    EXTERNAL_CA_FILE: str = external.has(
        kinds.CERTIFICATES,
        "",
        "file of the authorities to trust for upstreams, in addition to the public ones",
    )
    EXTERNAL_CALLS_AT_ONCE: int = external.has(
        whole(1, 1000),
        4,
        "calls of upstreams at once in one process, which has 8 threads by default",
    )

    WEBHOOK_OLD_SECRET_HOURS: int = external.has(
        whole(0, 8760), 24, "how long the secret of a webhook signs too after it was rotated"
    )
    WEBHOOK_LOG_DAYS: int = external.has(
        whole(1, 36_500), 30, "how long deliveries of webhooks that have ended are listed"
    )


def rules(given: Variables) -> Iterator[Rule]:
    """List what must hold of several settings together."""
    if given.RECORDS_ENV == "production":
        yield from rules_of_production(given)
    yield Rule(
        frozenset({"DB_POOL_MAX", "DB_POOL_MIN"}),
        0 < given.DB_POOL_MAX < given.DB_POOL_MIN,
        f"DB_POOL_MAX is {given.DB_POOL_MAX} and DB_POOL_MIN {given.DB_POOL_MIN}; "
        "expected a larger maximum, or 0 for no pool.",
    )
    yield Rule(
        frozenset({"AWS_STORAGE_BUCKET_NAME"}),
        bool(given.AWS_STORAGE_BUCKET_NAME) and find_spec("storages") is None,
        "AWS_STORAGE_BUCKET_NAME is set, but django-storages is not installed; install "
        "requirements-s3.txt.",
    )
    yield Rule(
        frozenset({"REDIS_URL"}),
        bool(given.REDIS_URL) and find_spec("redis") is None,
        "REDIS_URL is set, but redis is not installed; install requirements-redis.txt.",
    )
    yield Rule(
        frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}),
        bool(given.AWS_ACCESS_KEY_ID) != bool(given.AWS_SECRET_ACCESS_KEY),
        "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set; expected both or neither.",
    )


def rules_of_production(given: Variables) -> Iterator[Rule]:
    """List what a server that others can reach must not start without."""
    mode = "RECORDS_ENV"
    yield Rule(
        frozenset({mode, "DEBUG"}),
        given.DEBUG,
        "DEBUG is true, which shows settings and code to visitors; expected false in "
        "production, or RECORDS_ENV=demo.",
    )
    yield Rule(
        frozenset({mode, "SECRET_KEY"}),
        not given.SECRET_KEY,
        "SECRET_KEY is not set; expected at least 50 random characters, kept secret (to try "
        "Records on this machine, set RECORDS_ENV=demo instead).",
    )
    for name, secret in (
        ("SECRET_KEY", given.SECRET_KEY),
        ("EXTERNAL_SECRET_KEYS", sealing_key(given)),
    ):
        yield Rule(
            frozenset({mode, name}),
            bool(secret and weakness(secret)),
            f"{name} "
            f"{'' if name == 'SECRET_KEY' else 'begins with a key that '}{weakness(secret)}; "
            f"expected {kinds.SECRET_KEY.expected}.",
        )
    yield Rule(
        frozenset({mode, "ALLOWED_HOSTS"}),
        not given.ALLOWED_HOSTS,
        f"ALLOWED_HOSTS is not set; expected {kinds.HOSTS.expected}.",
    )
    yield Rule(
        frozenset({mode, "HTTPS_ONLY", "TRUST_PROXY_HEADERS"}),
        given.HTTPS_ONLY is not False and given.TRUST_PROXY_HEADERS is None,
        "TRUST_PROXY_HEADERS is not set; expected true behind a proxy that speaks TLS and "
        "always sets X-Forwarded-Proto, false where clients connect directly.",
    )


def sealing_key(given: Variables) -> str:
    """Return the key that new secrets are sealed with: older ones stay as they are, or nothing
    could be resealed."""
    return given.EXTERNAL_SECRET_KEYS[0] if given.EXTERNAL_SECRET_KEYS else ""
