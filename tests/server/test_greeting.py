"""The first lines of serve: who gets in how, in words, as JSON, and as a QR code on a terminal."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from natterjack.proto.joinlink import make_pin, parse_link
from natterjack.server.config import Config
from natterjack.server.config.table import build
from natterjack.server.greeting import greet
from natterjack.server.identity import Identity

NOW = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)
KEY = Identity(Path("c"), Path("k"), make_pin(bytes(32)), NOW, NOW + dt.timedelta(days=9), 1, True)


class Page:
    """Stands for the output."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.lines: list[str] = []
        self.events: list[dict[str, Any]] = []

    def text(self, text: str) -> None:
        self.lines += text.split("\n")

    def event(self, event: str, **members: Any) -> None:
        self.events.append({"event": event, **members})


def shown(host: str, port: int = 7667, *, invite: str = "", first: str = "", **values: Any) -> Page:
    page = Page()
    settings = {
        ("listen", "host"): (host,),
        **{tuple(name.split("__")): value for name, value in values.items()},
    }
    config: Config = build(settings)  # type: ignore[arg-type]
    greet(page, config, host, port, KEY, first=first, invite=invite)  # type: ignore[arg-type]
    return page


def test_with_a_certificate_from_elsewhere_no_key_is_made() -> None:
    page = Page()
    given = replace(KEY, own=False)
    greet(page, Config(), "::1", 7667, given, first="/data", invite="")  # type: ignore[arg-type]
    assert (
        page.lines[0]
        == "First run: made the data directory /data (database). All settings at their defaults."
    )


def test_from_elsewhere_with_an_invite() -> None:
    page = shown("192.0.2.9", invite="7-otter-lamp", first="/data")
    link = f"natterjack://192.0.2.9:7667/#pin={KEY.pin}&invite=7-otter-lamp"
    assert page.lines == [
        "First run: made the data directory /data (database, TLS key).",
        "natterjack 1.0 listening on 192.0.2.9:7667 - IRC, TLS, HTTP on one port",
        "  Here      as others do: it does not listen on 127.0.0.1",
        f"  Others    natterjack chat '{link}'",
        "  IRC apps  192.0.2.9 port 7667 with TLS, server password 7-otter-lamp",
        f"  Key       {KEY.pin}      Console  natterjack console",
    ]
    (event,) = page.events
    assert (event["event"], event["v"], event["port"], event["pin"]) == ("listening", 1, 7667, KEY.pin)
    assert parse_link(event["link"]).invite == "7-otter-lamp"


def test_a_first_run_says_that_all_is_at_its_default_only_where_it_is() -> None:
    made = "First run: made the data directory /data (database, TLS key)."
    for values, said in (
        ({}, f"{made} All settings at their defaults."),
        ({("storage", "data_dir"): "/data"}, f"{made} All settings at their defaults."),
        ({("listen", "port"): 7000}, made),
    ):
        page = Page()
        greet(page, build(values), "127.0.0.1", 7667, KEY, first="/data")  # type: ignore[arg-type]
        assert page.lines[0] == said


def test_the_console_is_told_where_the_data_are_unless_they_are_where_it_looks_anyway() -> None:
    assert shown("192.0.2.9").lines[-1].endswith("Console  natterjack console")
    elsewhere = shown("192.0.2.9", storage__data_dir="/srv/our chat")
    assert elsewhere.lines[-1].endswith("Console  natterjack console --data-dir '/srv/our chat'")


def test_without_an_invite() -> None:
    assert "with an account or an invite" in shown("192.0.2.9").lines[2]
    assert shown("192.0.2.9", access__mode="open").lines[2].endswith(f"#pin={KEY.pin}'")


def test_on_this_machine_only() -> None:
    page = shown("::1", 7000, console__enabled=False)
    assert page.lines[1:] == [
        "  Here      python3 run.py chat [::1]:7000",
        "  Others    nobody: it listens on this machine only",
        "  IRC apps  ::1 port 7000, with TLS or without",
        f"  Key       {KEY.pin}",
    ]


@pytest.mark.parametrize(
    ("hosts", "port", "here"),
    [
        ((), 7667, "python3 run.py chat"),
        ((), 7000, "python3 run.py chat 127.0.0.1:7000"),
        (("192.0.2.9", "127.0.0.1"), 7667, "python3 run.py chat"),
        (("192.0.2.9", "::1"), 7667, "python3 run.py chat [::1]:7667"),
        (("127.0.0.2",), 7667, "python3 run.py chat 127.0.0.2:7667"),
        (("2001:db8::9",), 7667, "as others do: it does not listen on 127.0.0.1"),
    ],
)
def test_who_is_here_is_told_an_address_that_is_listened_on(
    hosts: tuple[str, ...], port: int, here: str
) -> None:
    """It was 127.0.0.1 wherever the server listened."""
    page = Page()
    config = build({("listen", "host"): hosts})
    greet(page, config, hosts[0] if hosts else "::", port, KEY, first="", invite="")  # type: ignore[arg-type]
    assert page.lines[1] == f"  Here      {here}"
    assert ("nobody" in page.lines[2]) == (hosts == ("127.0.0.2",))


def test_every_address_and_port_is_named() -> None:
    """It was one of each, whatever the server listened on."""
    page = shown("192.0.2.9", 7000, listen__irc_port=6667, listen__host=("192.0.2.9", "::1", "192.0.2.9"))
    assert page.lines[0] == (
        "natterjack 1.0 listening on 192.0.2.9:7000, [::1]:7000 - IRC, TLS, HTTP on one port; "
        "IRC only on port 6667"
    )


def test_who_is_here_and_not_trusted_comes_in_like_others() -> None:
    page = shown("::", access__trust_loopback=False)
    assert page.lines[1] == "  Here      as others do: access.trust_loopback is false"


def test_a_qr_code_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    page = shown("192.0.2.9", invite="x")
    assert page.lines[2].endswith("(QR code below)")
    code = page.lines[5:]
    assert len(code) > 15
    assert len({len(line) for line in code if line}) <= 3


def test_typing_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert (
        shown("::1").lines[-1].endswith("      Console  type here, or natterjack console      Stop  Ctrl+C")
    )
    assert shown("::1", console__enabled=False).lines[-1].endswith(f"{KEY.pin}      Stop  Ctrl+C")


def test_everywhere_is_an_address_that_others_can_use() -> None:
    link = parse_link(shown("::").events[0]["link"])
    assert link.host not in ("::", "0.0.0.0", "")
