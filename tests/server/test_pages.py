"""Which web pages may chat here."""

import pytest

from natterjack.server.pages import may_chat
from natterjack.server.web import WebPolicy

POLICY = WebPolicy(pages=frozenset({"https://app.example", "http://localhost:8000"}), name="Chat.example")


@pytest.mark.parametrize(
    ("page", "host", "secure", "home", "may"),
    [
        ("https://app.example", "chat.example", True, False, True),
        ("https://APP.example", "chat.example", True, False, True),
        ("https://app.example:8443", "chat.example", True, False, False),
        ("https://app.example.evil", "chat.example", True, False, False),
        ("http://localhost:8000", "127.0.0.1:7667", False, True, True),
        ("https://chat.example", "chat.example", True, False, True),
        ("https://chat.example", "chat.example:443", True, False, True),
        ("https://chat.example:7667", "chat.example:7667", True, False, True),
        ("https://chat.example:7667", "chat.example", True, False, False),
        ("https://chat.example", "CHAT.example", True, False, True),
        ("https://[2001:db8::1]:7667", "[2001:db8::1]:7667", True, False, True),
        ("https://[2001:db8::1]", "[2001:db8::1]", True, False, True),
        ("http://chat.example", "chat.example", True, False, False),
        ("http://chat.example", "chat.example", False, False, True),
        ("https://chat.example", "chat.example", False, False, True),
        ("https://evil.example", "chat.example", True, False, False),
        ("null", "chat.example", True, False, False),
        ("null", "null", True, False, False),
        ("file://", "", True, False, False),
        ("https://", "", True, False, False),
        ("", "", True, False, False),
        # a name that leads here for a moment only
        ("http://evil.example:7667", "evil.example:7667", False, True, False),
        ("http://evil.example:7667", "evil.example:7667", False, False, True),
        ("http://localhost:7667", "localhost:7667", False, True, True),
        ("http://127.0.0.1:7667", "127.0.0.1:7667", False, True, True),
        ("http://[::1]:7667", "[::1]:7667", False, True, True),
        ("https://chat.example:7667", "chat.example:7667", True, True, True),
    ],
)
def test_who_may(page: str, host: str, secure: bool, home: bool, may: bool) -> None:
    assert may_chat(page, host, POLICY, secure=secure, home=home) is may
