"""What NickServ says of a password that has changed: by these words a client knows, as there is no other sign."""

from __future__ import annotations

from typing import Final

NICKSERV: Final = "NickServ"
NEW_PASSWORD: Final = "has a new password"
#: Instead of what else would be said.
UNSTORED: Final = (
    "done, and it holds, but it can't be stored just now: it is lost if the server ends before there is room"
)
