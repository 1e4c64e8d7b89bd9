"""The kinds of settings: how each is read from text, and what text is expected."""

from __future__ import annotations

import math
import re
import ssl
import stat
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ

from records_project.environment import Kind, shortened

SHORTEST_SECRET = 50
FEWEST_CHARACTERS = 10  # a random key of 64 hexadecimal digits has 15 or 16 different ones
MOST_REQUESTS = 10**9
LONGEST_PERIOD = 366 * 24 * 60 * 60
WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n"), False),
}
LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
HOST = re.compile(rf"\*|\[[0-9a-f:.]+\]|\.?{LABEL}(?:\.{LABEL})*\.?", re.IGNORECASE)
POSTGRES = ("postgres", "postgresql", "psql", "pgsql")
MEMORY = "sqlite://:memory:"
# What libpq takes after the `?`, except what stands elsewhere in the address or in settings of its
# own.
OWN_OPTIONS = re.compile(r"host|port|user|dbname|password|options|client_encoding|replication")


def boolean(text: str) -> bool:
    """Read a switch; a word that is not known is refused, since it was meant to mean something."""
    try:
        return WORDS[text.lower()]
    except KeyError:
        raise ValueError from None


def whole(low: int, high: int) -> Kind[int]:
    """A whole number from `low` to `high`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Kind(read, f"a whole number from {low:,} to {high:,}, written without commas")


def number(high: float) -> Kind[float]:
    """A decimal number from 0 to `high`."""

    def read(text: str) -> float:
        found = float(text) if re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+", text) else math.nan
        if not 0 <= found <= high:
            raise ValueError
        return found

    return Kind(read, f"a number from 0 to {high:,g}, such as 2.5, written without commas")


def choice(*names: str) -> Kind[str]:
    """One of some names."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError
        return text

    return Kind(read, f"{', '.join(names[:-1])} or {names[-1]}")


def log_level(text: str) -> str:
    """Read a level in upper or lower case."""
    return choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL").read(text.upper())


def time_zone(text: str) -> str:
    """Check the name of a time zone."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError from None
    return text


def entries(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """Read a list between commas, each entry with `read`."""

    def read_all(text: str) -> tuple[str, ...]:
        return tuple(read(entry.strip()) for entry in text.split(",") if entry.strip())

    return read_all


def host(text: str) -> str:
    """Check a host name as a request names it, but without its port."""
    if not HOST.fullmatch(text):
        raise ValueError(f"has the entry {text!r}")
    return text


def origin(text: str) -> str:
    """Check a scheme and a host; the host may begin with `*.`."""
    parts = split_url(text)
    if parts is None or parts.path or parts.query or parts.fragment:
        raise ValueError(f"has the entry {text!r}")
    return text


def calling_origin(text: str) -> str:
    """Check a scheme and a host in full, or `*` for all origins."""
    if text != "*" and "*" in origin(text):
        raise ValueError(f"has the entry {text!r}")
    return text


def endpoint(text: str) -> str:
    """Check `host:port`."""
    name, _, port = text.rpartition(":")
    if not (HOST.fullmatch(name) and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"has the entry {text!r}")
    return text


def rate(text: str) -> str:
    """Read a limit; empty for `none`, which switches a default off."""
    if text.lower() == "none":
        return ""
    from limits import parse_many  # a server without such a setting loads it when it counts

    try:
        (item,) = parse_many(text)
    except ValueError:
        raise ValueError from None
    # The library takes a period of 0 minutes for one of 1.
    if re.search(r"\b0+(?![0-9])", text) or item.amount > MOST_REQUESTS:
        raise ValueError
    if item.get_expiry() > LONGEST_PERIOD:
        raise ValueError
    return text


def redis(text: str) -> str:
    """Check the address of a Redis server."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.fragment or not re.fullmatch(r"/?|/[0-9]{1,4}", parts.path):
        raise ValueError
    return text


def web_address(text: str) -> str:
    """Read an address below which others are; without the slash at its end."""
    parts = split_url(text)
    if parts is None or parts.query or parts.fragment:
        raise ValueError
    return text.rstrip("/")


def split_url(text: str) -> SplitResult | None:
    """Split an address of the web; None when it is none, or has a user or password in it."""
    try:
        parts = urlsplit(text)
        has_host = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if has_host and "@" not in parts.netloc and not re.search(r"\s", text) else None


def folder(text: str) -> Path:
    """Read the path of a folder, which may not be there yet."""
    try:
        path = Path(text).expanduser().absolute()
        wrong = path.exists() and not path.is_dir()
    except RuntimeError:  # `~name` of nobody
        raise ValueError(f"is {shortened(text)!r}, whose user has no home folder") from None
    except OSError as error:
        raise ValueError(
            f"is {shortened(text)!r}, which cannot be used ({error.strerror})"
        ) from None
    if wrong:
        raise ValueError(f"is {text!r}, which is not a folder")
    return path


def certificates(text: str) -> str:
    """Check that a file holds certificates."""
    if stat.S_ISFIFO(mode := mode_of(text)) or stat.S_ISCHR(
        mode
    ):  # it may never begin, or never end
        raise ValueError(f"is {text!r}, which is not a file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(text)
    except ssl.SSLError:
        raise ValueError(f"is {text!r}, which holds no certificate that can be read") from None
    except OSError as error:
        raise ValueError(f"is {text!r}, which cannot be read ({error.strerror})") from None
    return text


def mode_of(path: str) -> int:
    """Return the kind of file at a path; 0 where there is none that we can see."""
    try:
        return Path(path).stat().st_mode
    except OSError:
        return 0


def words(text: str) -> str:
    """Take any text."""
    return text


def database(url: str) -> Mapping[str, Any]:
    """Read the address of a database into Django's settings; what is wrong is said without quoting
    it."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("sqlite", *POSTGRES):
        known = separator and re.fullmatch(r"[a-z0-9+]{1,20}", scheme)
        raise ValueError(
            f"starts with {scheme}://" if known else "has no scheme such as postgres://"
        )
    if re.search(r"%00|[\x00-\x1f\x7f]", url):
        raise ValueError("has a control character in it")
    if scheme == "sqlite":
        if set(rest) & {"?", "#"}:
            raise ValueError(
                "has a ? or # in it (SQLite takes no options; in the name of a file they are "
                "%3F and %23)"
            )
        if url != MEMORY and not rest.strip("/"):
            raise ValueError("names no file")
        if url != MEMORY and not rest.startswith("/"):
            raise ValueError("has two slashes before the name of its file")
    else:
        check_postgres(url)
    found: dict[str, Any] = environ.Env.db_url_config(url)
    if scheme != "sqlite":
        found["HOST"] = unquote(found["HOST"])  # the folder of a Unix socket is written with %2F
    return found


def check_postgres(url: str) -> None:
    """Refuse an address of PostgreSQL that names no database, or that means something else than it
    seems to."""
    hidden = (
        "cannot be parsed (special characters in user and password are percent-encoded: @ is "
        "%40, / is %2F, # is %23)"
    )
    try:
        parts = urlsplit(url)
        several = "," in parts.netloc
        readable = (several or parts.port is None or parts.port) and not parts.fragment
    except ValueError:
        readable = False
    if not readable or "@" in parts.path:
        raise ValueError(hidden)
    if not parts.path.strip("/"):
        raise ValueError("names no database")
    try:
        for each in unquote(parts.hostname or "").split(","):
            if not each.startswith("/"):  # a folder of sockets
                each.encode("idna")  # as the client does to look it up
    except UnicodeError:
        raise ValueError("names a host that cannot exist") from None
    check_options(parts.query)


def check_options(query: str) -> None:
    """Refuse what is no option of the client library: Django or psycopg would take it, or
    nobody."""
    for name, _ in parse_qsl(query, keep_blank_values=True):
        if name not in libpq_options():
            shown = (
                f"the option {name!r}" if re.fullmatch(r"[a-zA-Z_]{1,40}", name) else "an option"
            )
            raise ValueError(f"has {shown}, which is not one that can be given there")


@cache
def libpq_options() -> frozenset[str]:
    """The names that the installed client library knows."""
    from psycopg.pq import Conninfo  # a server on SQLite does not load it

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    return frozenset(name for name in known if not OWN_OPTIONS.fullmatch(name))


BOOLEAN = Kind(boolean, "true or false (yes, no, on, off, 1, 0)")
TEXT = Kind(words, "text")
HOSTS = Kind(
    entries(host),
    "host names between commas, without scheme, port or path, such as records.example.com",
)
ORIGINS = Kind(entries(origin), "origins between commas, such as https://records.example.com")
CALLING_ORIGINS = Kind(
    entries(calling_origin), "origins between commas, such as https://app.example.com, or *"
)
RATE = Kind(
    rate, "a number for a second, minute, hour or day, such as 600/minute or 10/15minutes, or none"
)
REDIS = Kind(redis, "an address such as redis://:password@cache.example.com:6379/0")
ENDPOINTS = Kind(entries(endpoint), "entries of host:port between commas, such as 10.0.0.7:8080")
ADDRESS = Kind(
    web_address, "an address such as https://records.example.com, without user, query or fragment"
)
FOLDER = Kind(folder, "the path of a folder")
CERTIFICATES = Kind(certificates, "the path of a file with certificates in PEM format")
TIME_ZONE = Kind(time_zone, "an IANA time zone such as Europe/Paris")
LOG_LEVEL = Kind(log_level, "DEBUG, INFO, WARNING, ERROR or CRITICAL")
SECRET_KEY = Kind(words, f"at least {SHORTEST_SECRET} random characters")
SECRET_KEYS = Kind(entries(words), "secret keys between commas, the newest first")
DATABASE = Kind(database, "postgres://user:password@host:5432/name or sqlite:////path/of/the/file")


def weakness(secret: str) -> str:
    """Say what makes a secret easy to guess; nothing when it is long and mixed."""
    if len(secret) < SHORTEST_SECRET:
        return f"has {len(secret)} characters"
    if (different := len(set(secret))) < FEWEST_CHARACTERS:
        return f"has only {different} different characters"
    if secret.startswith("django-insecure-"):
        return "is one that Django generated for development"
    return ""
