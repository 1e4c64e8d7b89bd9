"""Setting sources up: what is refused, what a change takes away, and what becomes of a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from records.exceptions import ExternalConfig, NotAllowed
from records.models import ExternalSource
from records.services.database.sealing import Unreadable, seal, unseal
from records.services.external.ids import uuid_of
from records.services.external.sources import check_url, create_source, update_source
from records.services.shaping.creation import get_object
from tests.factories import Caller, make_member, make_object, make_record
from tests.services.acting import invalid_at, refusal, view

from .conftest import OPERATIONS, SECRET, make_source
from .upstream import Upstream

GET = OPERATIONS["get"]


@pytest.mark.parametrize(
    ("given", "part", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"auth_header": "Host"}, "auth_header", "invalid"),
        ({"auth_header": "a b"}, "auth_header", "invalid"),
        ({"auth_header": "", "secret": "s"}, "auth_header", "required"),
        ({"secret": "a\nb"}, "secret", "invalid"),
        ({"secret": "ä"}, "secret", "invalid"),
        ({"timeout_seconds": 30.1}, "timeout_seconds", "invalid"),
        ({"timeout_seconds": float("nan")}, "timeout_seconds", "invalid"),
        ({"id_path": "."}, "id_path", "required"),
        ({"mapping": {"owner": "o"}}, "mapping", "invalid"),
        ({"mapping": {"nothing": "o"}}, "mapping", "invalid"),
        ({"operations": {"steal": GET}}, "operations", "invalid"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    admin: Caller, source: ExternalSource, given: dict[str, Any], part: str, code: str
) -> None:
    assert invalid_at(update_source, admin.author, source, **given) == ((part,), code)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("get", {"method": "TRACE"}),
        ("get", {"path": "things/{external_id}"}),
        ("get", {"path": "//evil.example.com/{external_id}"}),
        ("get", {"path": "https://evil.example.com/{external_id}"}),
        ("get", {"path": "/{external_id}#x"}),
        ("get", {"path": "/{external_id}/{secret}"}),
        ("get", {"path": "/{external_id}/{"}),
        ("get", {"path": "/{external_id} HTTP/1.1\r\nX: y"}),
        ("list", {"path": "/things/{search}"}),
        ("list", {"path": "/things?q={field.owner}"}),
    ],
)
def test_operations_that_make_no_sense_are_refused(
    admin: Caller, source: ExternalSource, name: str, given: dict[str, str]
) -> None:
    refused = invalid_at(update_source, admin.author, source, operations={name: {**GET, **given}})
    assert refused == (("operations", name), "invalid")


def test_an_object_has_one_source_and_no_records_of_its_own(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    assert "already" in refusal(make_source, admin, upstream).detail
    make_object(admin, "Boxes")
    make_record(admin, "boxes", name="one")
    row = get_object(admin.author, "boxes")
    error = refusal(
        create_source,
        admin.author,
        row,
        name="W",
        base_url="https://api.example.com",
        operations={},
    )
    assert "already has records" in error.detail


def test_only_admins_set_sources_up(admin: Caller, source: ExternalSource) -> None:
    member = make_member(admin, "m@example.com", {"things": {"view": "all"}})
    assert isinstance(refusal(update_source, member.author, source, name="Mine"), NotAllowed)


def test_without_a_mapping_fields_have_their_own_names(
    admin: Caller, source: ExternalSource
) -> None:
    update_source(admin.author, source, mapping=None)
    schema = admin.schema("things")
    assert schema.external is not None
    mapped = {schema.by_id[key].name: path for key, path in schema.external.mapping.items()}
    assert mapped["amount"] == ("amount",)
    assert "owner" not in mapped
    assert "created" not in mapped


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:{port}/v2", True),
        ("http://127.0.0.1:1/v1", False),
        ("https://127.0.0.1:{port}/v1", False),
        ("http://localhost:{port}/v1", False),
    ],
    ids=["path", "port", "scheme", "host"],
)
def test_another_origin_takes_the_secret_away(
    admin: Caller, source: ExternalSource, upstream: Upstream, settings: Any, url: str, kept: bool
) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = [upstream.host, "127.0.0.1:1", f"localhost:{upstream.port}"]
    changed = update_source(admin.author, source, base_url=url.format(port=upstream.port))
    assert bool(changed.secret) is kept
    again = update_source(
        admin.author, source, base_url="https://api.example.com", secret="new one"
    )
    assert unseal(again.secret) == "new one"


def test_the_secret_is_in_no_history_and_no_words(admin: Caller, source: ExternalSource) -> None:
    update_source(admin.author, source, secret="Bearer another-secret")
    assert "secret" not in {field.name for field in ExternalSource.history.model._meta.fields}
    spec = admin.schema("things").external
    assert spec is not None
    assert spec.sealed_secret not in repr(spec)
    assert SECRET not in repr(vars(source))


def test_an_upstream_that_repeats_the_secret_is_not_believed(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    upstream.answer(200, {"thing": {"id": "a", "title": SECRET}})
    error = refusal(view, admin, "things", uuid_of("a"))
    assert "the secret" in error.detail
    assert "very-secret-token" not in error.detail


def test_keys_are_changed_without_losing_secrets(
    admin: Caller, source: ExternalSource, settings: Any
) -> None:
    settings.EXTERNAL_SECRET_KEYS = ["new key", *settings.EXTERNAL_SECRET_KEYS]
    assert unseal(ExternalSource.objects.get().secret) == SECRET

    call_command("reseal_secrets")

    settings.EXTERNAL_SECRET_KEYS = ["new key"]
    assert unseal(ExternalSource.objects.get().secret) == SECRET


def test_a_secret_whose_key_is_gone_is_asked_for_again(
    admin: Caller, source: ExternalSource, upstream: Upstream, settings: Any
) -> None:
    settings.EXTERNAL_SECRET_KEYS = ["another key"]
    error = refusal(view, admin, "things", uuid_of("a"))
    assert isinstance(error, ExternalConfig)
    assert "set it again" in error.detail
    assert not upstream.seen
    with pytest.raises(CommandError, match="1 secrets cannot be decrypted"):
        call_command("reseal_secrets")
    with pytest.raises(Unreadable):
        unseal("no token")
    assert seal("x") != seal("x")


def test_sources_without_a_secret_send_none(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    update_source(admin.author, source, secret="")
    upstream.things["a"] = {"id": "a"}
    view(admin, "things", uuid_of("a"))
    assert "Authorization" not in upstream.seen[-1].headers


@pytest.mark.parametrize("external_id", [".", ".."])
def test_steps_of_paths_are_no_ids(
    admin: Caller, source: ExternalSource, upstream: Upstream, external_id: str
) -> None:
    refusal(view, admin, "things", uuid_of(external_id))
    assert not upstream.seen


# ---------------------------------------------------------------- base URLs


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com", "https://127.0.0.1", "https://[::1]/v1", "https://[::ffff:10.0.0.1]",
        "https://localhost", "https://metadata.google.internal", "https://printer.local", "ftp://api.example.com",
        "https://user:pass@api.example.com", "https://api.example.com/?a=b", "https://",
        "https://api.example.com/#x", "https://api.example.com:99999", "https://api.example.com/{external_id}",
        "https://{external_id}.example.com", "https://api.example.com\\@10.0.0.1", "https://exämple.com",
        "https://api.example.com/a b", "//api.example.com", "api.example.com", "https://api.example.com//x", "",
        "https://api.example.com:0", "https://api.example.com:0/v1", "https://api.example.com:000", "https://api.example.com:",
        "https://api.example.com:-1", "https://api.example.com:65536", "https://api.example.com:4x",
        "https://api.example.com:+443", "https://api.example.com:\uff14\uff14\uff13", "https://[2606:4700::1111]:0",
    ],
)  # fmt: skip
def test_base_urls_that_are_refused(url: str, settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = []
    assert invalid_at(check_url, url) == (("base_url",), "invalid")


# One address of this machine, of its network, or of the cloud, in every spelling that some program
# connects to; hosts that only a network's own name server knows.
SPELLINGS = [
    "2130706433", "0x7f000001", "0X7F000001", "017700000001", "127.1", "127.0.1", "0x7f.1", "0x7f.0.0.1",
    "0177.0.0.1", "0x7f.0x0.0x0.0x1", "127.000.000.001", "0127.0.0.1", "0", "0x0", "00", "0.0.0.0", "127.0.0.1.",
    "10.1", "0x0a000001", "167772161", "192.168.257", "169.254.43518", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
    "169.254.169.254.", "1.2.3.4.5", "256.256.256.256", "127.0.0.1..", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::FFFF:0A00:0001]", "[0:0:0:0:0:ffff:a9fe:a9fe]", "[::127.0.0.1]", "[::7f00:1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::10.0.0.1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2606:2800:220:1:0:5efe:10.0.0.1]", "[2606:2800:220:1:200:5efe:7f00:1]",
    "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%251]", "[::]", "[0:0:0:0:0:0:0:1]", "[fd00:ec2::254]", "[v1.fe80::1]",
    "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.0.0.1", "127\u30020\uff0e0\uff611", "\u0661\u0660.0.0.1",
    "%31%32%37.0.0.1", "127%2e0.0.1", "%6c%6f%63%61%6c%68%6f%73%74", "loc\u00adalhost", "\uff4cocalhost",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.localhost.", "localhost.localdomain", "ip6-localhost",
    "printer.local", "printer.local.", "metadata.google.internal", "metadata.google.internal.", "db.internal",
    "db.lan", "nas.home.arpa", "home.arpa", "nas.home", "wiki.corp", "wiki.intranet", "vault.private", "db", "intranet",
    "a..example.com", ".example.com", "-a.example.com", "a-.example.com", "x" * 64 + ".example.com", "...", "_",
    "api.example.com@10.0.0.1", "api.example.com:443@127.0.0.1", "@127.0.0.1", ":@127.0.0.1", "a%40b@127.0.0.1",
    "127.0.0.1\\@api.example.com", "127.0.0.1#@api.example.com", "127.0.0.1?@api.example.com", "127.0.0.1\t",
    "127.0.0.1:443", "127.1:8443", "127.0.0.1%00.example.com", "127.0.0.1 .example.com",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_private_hosts_are_refused_in_every_spelling(host: str, settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = []
    assert invalid_at(check_url, f"https://{host}/v1") == (("base_url",), "invalid")


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com", "api.example.com.", "API.Example.COM", "8.8.8.8", "8.8.8.8:8443", "a_b.example.com",
        "xn--exmple-cua.com", "1.example.com", "10.0.0.1.example.com", "local.example.com", "internal.example.com",
        "[2606:2800:220:1:248:1893:25c8:1946]", "[::ffff:8.8.8.8]", "0x7f.example.com", "a--b.example", "homearpa.com",
    ],
)  # fmt: skip
def test_public_hosts_are_taken(host: str, settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = []
    assert check_url(f"https://{host}/v1") == f"https://{host}/v1"


def test_base_urls_that_are_taken(settings: Any) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = ["intranet.local:8080", "[::1]:81", "10.0.0.1:443"]
    for url in (
        "https://api.example.com/v1",
        "http://intranet.local:8080",
        "http://[::1]:81",
        "https://10.0.0.1",
    ):
        assert check_url(f" {url}/ ") == url
    for url in ("http://intranet.local", "https://intranet.local", "https://10.0.0.1:8443"):
        assert invalid_at(check_url, url) == (("base_url",), "invalid")
