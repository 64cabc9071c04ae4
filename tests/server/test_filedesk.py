"""The desk before the core: for whoever has gone nothing more is found out, but what makes a file is done.

Who has closed his half of the connection may only have nothing more to say: for a while he is not one who has gone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from natterjack.files.limits import FileLimits
from natterjack.files.vault import Vault
from natterjack.ports.events import Now
from natterjack.ports.files import Begin, Erase, Fetch, FileAbandoned, FileAnswered, Finish, Granted, Identify
from natterjack.server.filedesk import GRACE, Call, Desk
from natterjack.wire.http import Request

FINISH = Finish("a" * 22, "", "", "", "a", "text/plain", 1, "0" * 64)


class Stand:
    """In place of an exchange."""

    left = False


@pytest.mark.parametrize("ask", [Begin("", 5), Identify(), Fetch("a" * 22), Erase("a" * 22), FINISH])
def test_who_has_gone_is_given_up(tmp_path: Path, ask: Any) -> None:
    taken: list[Any] = []
    stand: Any = Stand()
    clock = [Now(1000.0, 0.0)]
    desk = Desk(Vault(tmp_path), FileLimits(), taken.append, lambda action: action(), lambda: clock[0])
    answers: list[Any] = []
    desk.ask(Call(Request("GET", "/", {}, False), stand, "192.0.2.9", False, None), ask, answers.append)
    desk.tick()
    assert (len(taken), answers) == (1, [])
    stand.left = True
    clock[0] = Now(1000.0 + GRACE - 1, 0.0)
    desk.tick()
    assert (len(taken), answers) == (1, [])
    clock[0] = Now(1000.0 + GRACE, 0.0)
    desk.tick()
    late = FileAnswered(taken[0].request, Granted("", "", 0, 0))
    if ask is FINISH:
        assert (len(taken), answers) == (1, [])
        desk.answered(late)
        assert answers == [late.answer]
    else:
        assert taken[1:] == [FileAbandoned(taken[0].request)]
        assert [(answer.status, answer.retry) for answer in answers] == [(503, 5)]
        desk.answered(late)  # it was on its way
        assert len(answers) == 1
    desk.crew.close()
