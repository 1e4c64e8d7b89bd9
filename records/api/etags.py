"""Versions of records as entity tags: reading what has changed, writing what has not."""

from __future__ import annotations

import re

from django.http import HttpRequest

from records.exceptions import InvalidInput, PreconditionFailed
from records.services.catalogue import ObjectSchema, not_offered
from records.services.writing import SaveRequest

NO_VERSION = 0  # what no record is at
TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
TAG_LIST = re.compile(rf"\s*{TAG.pattern}(?:\s*,\s*{TAG.pattern})*\s*")


def tagged(version: int) -> dict[str, str]:
    """The header that says a record's version; none for a record that lives elsewhere, which has
    none."""
    return {} if version == NO_VERSION else {"ETag": etag(version)}


def etag(version: int) -> str:
    """The strong tag of a record's version."""
    return f'"{version}"'


def is_known(request: HttpRequest, version: int) -> bool:
    """Whether the caller says that it has this version (`If-None-Match`)."""
    sent = request.META.get("HTTP_IF_NONE_MATCH")
    if sent is None or version == NO_VERSION:
        return False
    return sent.strip() == "*" or any(tag == str(version) for _, tag in TAG.findall(sent))


def expected_versions(request: HttpRequest, schema: ObjectSchema) -> frozenset[int] | None:
    """The versions at which the caller wants the record changed (`If-Match`); None for any.

    Weak tags never match, nor do tags that are not ours: they leave the set empty. So does `*` for
    a record that lives elsewhere, where every condition is refused.
    """
    sent = request.META.get("HTTP_IF_MATCH")
    if sent is None or sent.strip() == "*":
        return None if sent is None or schema.external is None else frozenset()
    if not TAG_LIST.fullmatch(sent):
        raise InvalidInput('expected "*" or entity tags in double quotes.', at="If-Match")
    strong = (tag for weak, tag in TAG.findall(sent) if not weak)
    return frozenset(int(tag) for tag in strong if re.fullmatch(r"[1-9][0-9]{0,17}", tag))


def check_new(request: HttpRequest, schema: ObjectSchema) -> bool:
    """A call that creates a record: PreconditionFailed for `If-Match`, which asks for one that is
    there, and ExternalConfig where no condition is kept. Whether `If-None-Match: *` asks that none
    be brought back; elsewhere nothing is, so it always holds there."""
    must_be_new = _asks_for_none(request) and schema.external is None
    if "HTTP_IF_MATCH" in request.META:
        expected_versions(request, schema)
        if schema.external is not None:
            raise not_offered(schema, "versions; omit If-Match")
        raise PreconditionFailed(NO_VERSION)
    return must_be_new


def set_conditions(request: HttpRequest, save: SaveRequest, schema: ObjectSchema) -> None:
    """Have an upsert carried out only under the conditions that the call sends with it."""
    save.must_be_new = _asks_for_none(request)
    versions = expected_versions(request, schema)
    if versions is None:
        save.must_exist = "HTTP_IF_MATCH" in request.META
    elif len(versions) > 1 and schema.external is None:
        raise InvalidInput("expected one entity tag: an upsert finds one record.", at="If-Match")
    else:
        save.expected_version = min(versions, default=NO_VERSION)


def check_unconditional(request: HttpRequest, *headers: str) -> None:
    """InvalidInput for conditions that the operation would not keep."""
    for header in headers:
        if f"HTTP_{header.upper().replace('-', '_')}" in request.META:
            raise InvalidInput("this operation does not support the header; omit it.", at=header)


def _asks_for_none(request: HttpRequest) -> bool:
    """Whether the caller wants no record to be there (`If-None-Match: *`)."""
    sent = request.META.get("HTTP_IF_NONE_MATCH")
    if sent is None:
        return False
    if sent.strip() != "*":
        raise InvalidInput('expected "*": tags are for reads.', at="If-None-Match")
    return True
