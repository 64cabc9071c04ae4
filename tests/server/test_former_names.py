"""A channel that got another name before the server was killed is found by the former one after its next start."""

from __future__ import annotations

from pathlib import Path

from tests.support.process import serving


def test_a_former_name_leads_on_after_a_new_start(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect("alice", "draft/channel-rename") as alice:
        alice.send("JOIN #pond", "PRIVMSG #pond :hello", "RENAME #pond #lake :more water")
        alice.until(" RENAME #pond #lake ")
    with serving(tmp_path) as server:
        with server.connect("bob", "draft/channel-rename") as bob:
            bob.send("JOIN #pond")
            assert " FAIL JOIN CHANNEL_RENAMED #pond #lake " in bob.line()
        with server.connect("carol") as carol:
            carol.send("JOIN #pond")
            assert " 470 carol #pond #lake " in carol.line()
            assert carol.line().endswith(" JOIN #lake")
