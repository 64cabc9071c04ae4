"""Strict transport security is told only where a client would find the certificate good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from natterjack.exits import CommandError
from natterjack.net.websocket import WebSockets
from natterjack.server import sts
from natterjack.server.config.table import Config, build
from natterjack.server.entry import Entry, web_policy
from natterjack.server.web import Web
from tests.support.loop import Loop, loop_fixture
from tests.support.tls import make_certificate

loop = loop_fixture

NAME = "chat.example.org"


def signed(directory: Path, **options: object) -> tuple[Path, Path]:
    """A certificate for :data:`NAME` by the authority in ``authority.pem``."""
    authority, key, _ = make_certificate(directory, "authority", authority=True)
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    issuer = x509.load_pem_x509_certificate(authority.read_bytes()), private
    hosts = (x509.DNSName(NAME),)
    return make_certificate(directory, "leaf", issuer=issuer, hosts=hosts, **options)[:2]  # type: ignore[arg-type]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """A configuration with a certificate of an authority that this machine trusts, and what is named else."""
    certificate, key = signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    def make(**others: object) -> Config:
        values: dict[str, object] = {
            "tls.cert": str(certificate),
            "tls.key": str(key),
            "tls.sts": 2_592_000,
            "server.name": NAME,
            "listen.port": 6697,
        }
        values |= {key.replace("__", "."): value for key, value in others.items()}
        return build(
            {(name.partition(".")[0], name.partition(".")[2]): value for name, value in values.items()}
        )

    return make


def test_it_is_told_where_it_verifies(config: Callable[..., Config]) -> None:
    assert sts.value(config()) == "duration=2592000,port=6697"
    assert sts.value(config(tls__sts=0)) == ""


def test_and_only_until_the_certificate_runs_out(config: Callable[..., Config], tmp_path: Path) -> None:
    leaf = x509.load_pem_x509_certificate((tmp_path / "leaf.pem").read_bytes())
    assert sts.until(config()) == leaf.not_valid_after_utc.timestamp()
    for missing in ("", "/nowhere.pem"):
        assert sts.until(config(tls__cert=missing)) == 0


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ({"server__name": "other.example.org"}, "does not verify for other.example.org"),
        ({"tls__cert": ""}, "there is no tls.cert"),
        ({"tls__cert": "/nowhere.pem"}, "/nowhere.pem can't be used"),
        ({"listen__port": 0}, "listen.port is 0"),
    ],
)
def test_where_it_would_lock_clients_out_it_is_not_told(
    config: Callable[..., Config], caplog: pytest.LogCaptureFixture, others: dict[str, object], why: str
) -> None:
    assert sts.value(config(**others)) == ""
    (record,) = caplog.records
    assert record.getMessage().startswith("tls.sts is set, but clients are not told: ")
    assert why in record.getMessage()


def test_a_certificate_that_is_refused_changes_nothing_of_what_is_told(
    config: Callable[..., Config], tmp_path: Path, loop: Loop
) -> None:
    """The old one is shown still, and what was told of it was taken back."""
    web = Web(web_policy(config()), lambda: "", lambda: (), None, WebSockets(loop.events.append))
    entry = Entry(config(), tmp_path / "data", loop.hub, web, loop.events.append)
    good = sts.told(config())
    assert entry.told == good
    leaf = (tmp_path / "leaf.pem").read_bytes()
    (tmp_path / "leaf.pem").write_text("nonsense")
    with pytest.raises(CommandError):
        entry.reload(config())
    assert entry.told == good
    with pytest.raises(CommandError):
        entry.reload(config(tls__sts=0))
    assert entry.told == sts.Told()
    (tmp_path / "leaf.pem").write_bytes(leaf)
    entry.reload(config(tls__sts=60))
    assert entry.told.value == "duration=60,port=6697"
    entry.close()


def test_nor_by_an_authority_that_nobody_trusts(
    config: Callable[..., Config], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert sts.value(config()) == ""
    assert "does not verify" in caplog.text
