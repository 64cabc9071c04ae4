"""What the session makes of FILE, and of messages that announce a file."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client.model import Model
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.events import FileListed, TokenGiven
from natterjack.client.transfers.values import FileInfo
from tests.client.transcripts import Talk, welcome

SHA = "ab" * 32
TAGS = f"natterjack/file=abc;natterjack/file-name=my\\scat.png;natterjack/file-size=10;natterjack/file-sha256={SHA}"


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    welcome(talk)
    talk.server(":srv 005 kim natterjack/FILES=1000 :are supported")
    return talk


def test_a_token_is_shown_to_nobody(talk: Talk) -> None:
    assert talk.ask(f.AskToken(7)) == ["@label=n1 FILE TOKEN"]
    given, done = talk.server("@label=n1 :srv FILE TOKEN secret 900")
    assert isinstance(given, TokenGiven)
    assert (given.ref, given.token.text, given.seconds) == (7, "secret", 900.0)
    assert "secret" not in repr(given)
    assert done == e.Done(7, "FILE")


def test_a_list(talk: Talk) -> None:
    assert talk.ask(f.AskFiles(3, "#lobby", "xyz")) == ["@label=n1 FILE LIST #lobby xyz"]
    events = talk.server(
        "@label=n1 :srv BATCH +b labeled-response",
        f"@batch=b :srv FILE LIST #lobby abc 10 {SHA} 1970-01-01T00:00:05.000Z alice :my cat.png",
        "@batch=b :srv FILE LIST #lobby ../x 10 ab 1970-01-01T00:00:05.000Z alice :evil",
        "@batch=b :srv FILE ENDOFLIST #lobby",
        ":srv BATCH -b",
    )
    assert events == [
        FileListed(3, FileInfo("abc", "my cat.png", 10, SHA), "#lobby", 5.0, "alice"),
        e.Done(3, "FILE"),
    ]
    model = Model()
    for event in events:
        model.apply(event)
    for word in ("abc", "my cat.png"):
        known = model.files.find(word)
        assert known is not None
        assert (known.file.id, known.sender, known.target, known.time) == ("abc", "alice", "#lobby", 5.0)
    assert model.files.find("ab") is None
    assert model.files.listed == 1


def test_a_refusal(talk: Talk) -> None:
    assert talk.ask(f.DeleteFile(4, "abc")) == ["@label=n1 FILE DELETE abc"]
    assert talk.server("@label=n1 FAIL FILE NO_SUCH_FILE abc :There is no such file.") == [
        e.Refused(4, "FILE", "DELETE", "NO_SUCH_FILE", "There is no such file.")
    ]
    assert talk.ask(f.UnlinkFile(5, "abc")) == ["@label=n2 FILE UNLINK abc"]


def test_an_announcement(talk: Talk) -> None:
    (message,) = talk.server(f"@{TAGS};msgid=m :alice!a@h PRIVMSG #lobby :my cat.png (10 bytes)")
    assert isinstance(message, e.MessageReceived)
    assert message.file == FileInfo("abc", "my cat.png", 10, SHA)
    model = Model()
    model.apply(message)
    assert model.files.find("my cat.png") is not None


@pytest.mark.parametrize(
    "tags",
    [
        "+natterjack/file=abc",  # a client says so
        TAGS.replace("=abc", "=../../x"),
        TAGS.replace("=10", "=-1"),
        TAGS.replace("=10", "=1_0"),
        TAGS.replace("=10", ""),
        TAGS.replace(SHA, "cd"),
    ],
)
def test_what_announces_no_file(talk: Talk, tags: str) -> None:
    (message,) = talk.server(f"@{tags} :alice!a@h PRIVMSG #lobby :text")
    assert isinstance(message, e.MessageReceived)
    assert message.file is None


def test_a_server_without_files() -> None:
    talk = Talk()
    welcome(talk)
    (refused,) = talk.session.submit(f.AskFiles(1), 0.0)
    assert isinstance(refused, e.Refused)
    assert refused.code == "not_offered"
    assert talk.sent() == []
