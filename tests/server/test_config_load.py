"""From where settings come, which goes before which, and all that is wrong with them at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from natterjack.exits import BAD_CONFIG, CommandError
from natterjack.server.config import DEFAULT, ROWS, Examined, change, examine, load
from natterjack.server.config.document import document
from natterjack.server.config.load import line_numbers
from natterjack.server.config.table import Config, build

ROOT = Path(__file__).resolve().parents[2]


class Files:
    """Examines what a file of these lines, and an environment, say."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "nj.toml"

    def examine(
        self, text: str | bytes, options: dict[tuple[str, str], Any] | None = None, **env: str
    ) -> Examined:
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        environ = {f"NATTERJACK_{name}": value for name, value in env.items()}
        return examine(str(self.path), environ, options or {})

    def troubles(self, text: str | bytes, **env: str) -> list[str]:
        """What is wrong, without the folder's name."""
        found = self.examine(text, None, **env).troubles
        return [str(trouble).replace(str(self.path), "nj.toml") for trouble in found]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_nothing_said_is_the_defaults() -> None:
    found = examine(None, {"NATTERJACK_PASSWORD": "x", "HOME": "/"}, {})
    assert found.config == Config()
    assert set(found.origins.values()) == {DEFAULT}
    assert not found.troubles


def test_option_before_environment_before_file_before_default(files: Files) -> None:
    text = "[listen]\nport = 1001\nirc_port = 1002\n[server]\nname = 'a'\n"
    found = files.examine(text, {("listen", "port"): 3001}, LISTEN__PORT="2001", LISTEN__IRC_PORT="2002")
    assert (found.config.listen.port, found.config.listen.irc_port) == (3001, 2002)
    assert (found.config.server.name, found.config.server.network) == ("a", "Natterjack")
    wheres = [found.origins[place].text for place in (("listen", "port"), ("listen", "irc_port"))]
    assert wheres == ["option --port", "environment variable NATTERJACK_LISTEN__IRC_PORT"]
    assert found.origins["server", "name"].text == f"{files.path}:5"
    assert found.origins["server", "network"] is DEFAULT


def test_all_that_is_wrong_is_said_at_once(files: Files) -> None:
    text = """\
        [listen]
        port = 70000
        hosts = ["::"]
        [limit]
        ping_after = 3
        [limits]
        ping_after = "10 sec"
        motd = "here?"
        [server]
        motd = '''
        [listen]
        port = "no key"
        '''
        name = "a b"
        [channels]
        lobby = ["#ok", "not ok"]
    """
    assert files.troubles(text, ACCESS__MOD="open", ACCESS__MODE="closed") == [
        "nj.toml:2: listen.port: 70000 is more than 65535: give a port from 0 to 65535 (0 takes a free one)",
        "nj.toml:3: listen.hosts: there is no such key: did you mean listen.host?",
        "nj.toml:4: limit: there is no such section: did you mean limits?",
        "nj.toml:7: limits.ping_after: '10 sec' has a unit that is not known here: the units are s, min, h, d",
        "nj.toml:8: limits.motd: there is no such key: did you mean server.motd?",
        "nj.toml:14: server.name: 'a b' is no name: give letters, digits, dots and hyphens, 63 at most",
        "nj.toml:16: channels.lobby: 'not ok' can be no channel: " + lobby_reason(),
        "NATTERJACK_ACCESS__MOD: there is no such setting: did you mean NATTERJACK_ACCESS__MODE?",
        "NATTERJACK_ACCESS__MODE: access.mode: 'closed' is not known: give one of invite, open, accounts",
    ]


def lobby_reason() -> str:
    from natterjack.proto.names import check_channel

    return check_channel("not ok") or ""


def test_a_value_that_another_goes_before_is_checked_too(files: Files) -> None:
    assert len(files.troubles("[listen]\nport = -1\n", LISTEN__PORT="7000")) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[listen\nport = 1", "it is not valid TOML"),
        ("listen = 3", "nj.toml:1: listen: it is a section: write [listen] and its keys below"),
        ("[[listen]]\nport = 1", "listen: it is a section: write [listen] and its keys below"),
        ("port = 7700", "nj.toml:1: port: it stands in no section: write [listen] in a line above it"),
        (
            "nothing_like_it = 3",
            "nj.toml:1: nothing_like_it: it stands in no section: write [section] in a line above it: there are",
        ),
        (
            "[nothing_like_it]",
            "nj.toml:1: nothing_like_it: there is no such section: there are server, listen",
        ),
        (b"[server]\nname = '\xff'", "nj.toml:2: it is not UTF-8: save it as UTF-8"),
        (b" " * (1024 * 1024 + 1), "nj.toml: it is longer than 1 MiB"),
        ("x = " + "[" * 100000, "it is not valid TOML"),
        ("[log]\ncolour = 1", "log.colour: there is no such key: [log] has level"),
    ],
)
def test_files_that_are_wrong_as_a_whole(files: Files, text: str | bytes, said: str) -> None:
    (trouble,) = files.troubles(text)
    assert said in trouble


def test_a_file_of_an_editor_that_marks_utf_8(files: Files) -> None:
    found = files.examine(b"\xef\xbb\xbf[server]\r\nname = 'a.example'\r\n")
    assert (found.config.server.name, found.troubles) == ("a.example", ())


def test_a_file_that_is_not_there() -> None:
    for path in ("/nowhere/nj.toml", "/", "a\0b"):
        (trouble,) = examine(path, {}, {}).troubles
        assert "it can't be read" in str(trouble)


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("[listen]\nport = 6667", "listen.port", "browsers refuse port 6667: take another, such as 7667"),
        ("[listen]\nport = 6697", "listen.port", "browsers refuse port 6697"),
        ("[listen]\nirc_port = 7667", "listen.irc_port", "it is the same as listen.port"),
        (
            "[limits]\nping_after = 150",
            "limits.drop_after",
            "150 s is no longer than limits.ping_after, 150 s",
        ),
        (
            "[limits]\nqueue_close = '64 KiB'\nqueue_stop_reading = '65 KiB'",
            "limits.queue_close",
            "it is less",
        ),
        (
            "[limits]\nqueue_all_together = '1 MiB'\nqueue_close = '2 MiB'",
            "limits.queue_all_together",
            "less",
        ),
        ("[pace]\nbucket = 2", "pace.question", "3 tokens are more than a client can have: pace.bucket is 2"),
        ("[pace]\nchange = 11", "pace.change", "give less, or raise pace.bucket"),
        ("[limits]\ntls_handshake = 2", "limits.tls_handshake_crowded", "more than limits.tls_handshake"),
        ("[limits]\nnewcomers = 100", "limits.handshakes", "it is more than limits.newcomers"),
        (
            "[limits]\nchannel = 10\n[channels]\nlobby = ['#a', '#long-lobby']",
            "limits.channel",
            "channels.lobby has a name of 11 characters, and limits.channel is 10: give 11 or more",
        ),
        (
            "[limits]\nchannels = 1\n[channels]\nlobby = ['#a', '#b']",
            "limits.channels",
            "everybody joins 2 channels of channels.lobby, and may be in 1: give 2 or more",
        ),
    ],
)
def test_what_is_wrong_only_together(files: Files, text: str, key: str, said: str) -> None:
    (trouble,) = files.examine(text).troubles
    assert trouble.key == key
    assert said in str(trouble)


def test_the_home_of_nobody(files: Files) -> None:
    (said,) = files.troubles("[storage]\ndata_dir = '~nobody.of.that.name/x'\n")
    assert "is in the home of a user who is not known here: write the whole path" in said


def test_a_port_that_only_irc_programs_can_use_does_not_keep_a_server_from_starting(files: Files) -> None:
    found = files.examine("[listen]\nport = 6667\n")
    assert found.troubles
    assert not found.refusals
    assert not files.troubles("[listen]\nirc_port = 6667\n")
    assert not files.troubles("[listen]\nport = 0\n")
    assert load(str(files.path), {}, {}).listen.port == 0


def test_a_server_says_the_first_and_how_many_more(files: Files) -> None:
    files.examine("[listen]\nport = -1\nirc_port = -1\n[log]\nlevel = 'loud'\n")
    with pytest.raises(
        CommandError, match=r"bad configuration: .*:2: listen\.port: .* \(and 2 more: "
    ) as error:
        load(str(files.path), {}, {})
    assert error.value.code == BAD_CONFIG
    assert "\n" not in str(error.value)


def test_lines_of_keys() -> None:
    text = """
        server.name = "x"
        [ listen ]
        port = 1
        host = [
          "port = 3",
        ]
        [limits] # with a comment
        note = \"\"\"one line\"\"\"
        text = \"\"\"
        [log]
        level = 1
        \"\"\"
        last = 1
    """
    numbers = line_numbers(text)
    assert numbers["server", "name"] == 2
    assert (numbers["listen", ""], numbers["listen", "port"], numbers["listen", "host"]) == (3, 4, 5)
    assert (numbers["limits", ""], numbers["limits", "note"], numbers["limits", "last"]) == (8, 9, 14)
    assert ("log", "") not in numbers


def test_every_default_is_a_good_value_and_can_be_written(files: Files) -> None:
    lines = []
    for row in ROWS.values():
        assert row.spec.about.endswith("."), row.name
        assert row.spec.about.count(". ") == 0, f"{row.name}: one sentence"
        lines.append(f"{row.section}.{row.key} = {row.spec.kind.show(row.default)}")
    text = "\n".join(lines)
    tomllib.loads(text)
    found = files.examine(text)
    assert not found.troubles
    assert found.config == Config() == build({})


def test_the_reference_is_what_the_table_says() -> None:
    path = ROOT / "docs" / "configuration.md"
    made = "python -m natterjack.server.config.document > docs/configuration.md"
    assert path.read_text("utf-8") == document(), f"make it anew: .venv/bin/{made}"


# -- what a running server takes over


def test_what_applies_at_once_and_what_waits() -> None:
    old = build({("listen", "port"): 7000})
    new = build({("listen", "port"): 7001, ("limits", "ping_after"): 60, ("server", "motd"): "new"})
    changed = change(old, new)
    assert changed.applied == ("server.motd", "limits.ping_after")
    assert changed.need_restart == ("listen.port",)
    assert changed.config == build(
        {("listen", "port"): 7000, ("limits", "ping_after"): 60, ("server", "motd"): "new"}
    )
    assert "only a restart applies it: listen.port" in str(changed)
    assert change(changed.config, new).need_restart == ("listen.port",), "said until it is done"


def test_nothing_has_changed() -> None:
    assert str(change(Config(), Config())) == "read the configuration again: nothing has changed"
