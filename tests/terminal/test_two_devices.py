"""Two devices of one account, a real server: what was read on one has been read on the other, whatever dies between."""

from __future__ import annotations

from pathlib import Path

from tests.support.process import serving
from tests.terminal.test_nothing_lost import Piped

PASSWORD = "correct-horse-battery"


def test_what_is_read_on_one_device_is_read_on_the_other(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    login = ("--account", "kim", "--password-file", str(secret))
    with serving(tmp_path / "data") as server:
        port = server.port
        place = f"127.0.0.1:{port}"
        with Piped(tmp_path / "phone", place) as phone:
            phone.wait("ready")
            phone.type(f"REGISTER {PASSWORD}")
            phone.wait("account")
        with (
            Piped(tmp_path / "phone", place, *login) as phone,
            Piped(tmp_path / "desk", place, *login) as desk,
            Piped(tmp_path / "lee", place, nick="lee") as lee,
        ):
            for each in (phone, desk, lee):
                each.wait("ready")
            lee.type(f"REGISTER {PASSWORD}")  # guests cannot change what they said
            lee.wait("account")
            lee.type("SEND kim, one", "SEND two")
            phone.wait("message", "two")
            desk.wait("message", "two")
            desk.type("/read #lobby")
            seen = phone.wait("read")
            assert (seen["to"], seen["unread"], seen["mentions"]) == ("#lobby", 0, 0)
            desk.wait("read")
            phone.kill()
            lee.type("SEND three", "/edit four", "SEND five", "/delete")
            desk.wait("redact")
            server.process.kill()
            desk.wait("disconnected")
            with serving(tmp_path / "data", "--port", str(port)):
                desk.wait("ready")
                lee.wait("ready")
                with Piped(tmp_path / "phone", place, *login) as phone:
                    phone.wait("redact")
                    edits = [event for event in phone.events if event["event"] in ("message", "edit")]
                    assert [(each["event"], each["text"], each["history"]) for each in edits] == [
                        ("message", "four", True),
                        ("edit", "four", True),
                    ]
                    assert all(
                        each["history"] for each in phone.events if each["event"] in ("redact", "quit")
                    )
                    phone.type("/read #lobby")
                    while (seen := desk.wait("read"))["time"] != edits[0]["time"]:
                        assert seen["to"] == "#lobby"
                    assert seen["unread"] == 0
