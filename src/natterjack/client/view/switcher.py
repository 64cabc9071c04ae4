"""Which conversation is meant by a few letters of it."""

from __future__ import annotations

from collections.abc import Sequence

from natterjack.client.channels import PREFIXES, is_channel
from natterjack.client.model.conversations import Conversation
from natterjack.client.view.order import arranged
from natterjack.proto.casemap import fold


def ranked(conversations: Sequence[Conversation], letters: str) -> list[Conversation]:
    """Those that ``letters`` may mean, best first; without letters, those with something new first."""
    listed = arranged(conversations)
    wanted = fold(letters.strip())
    if not wanted:
        return sorted(listed, key=lambda each: (not each.mentions, not each.unread))
    scored = [(score(wanted, fold(each.name)), place, each) for place, each in enumerate(listed)]
    fitting = [each for each in scored if each[0] is not None]
    return [each for _, _, each in sorted(fitting, key=lambda each: (-(each[0] or 0), each[1]))]


def score(wanted: str, name: str) -> int | None:
    """How well ``wanted`` fits ``name``, both folded; None where its letters do not stand there in that order."""
    bare = name.lstrip(PREFIXES)
    if not is_channel(wanted):
        name = bare
    if name == wanted:
        return 1000
    if name.startswith(wanted):
        return 900 - len(name)
    if wanted in name:
        return 700 - len(name) - name.index(wanted)
    points, last = 500 - len(name), -1
    for letter in wanted:
        found = name.find(letter, last + 1)
        if found < 0:
            return None
        gap = found - last - 1
        starts = found == 0 or not name[found - 1].isalnum()
        points -= 0 if starts else 3 * gap
        last = found
    return points
