"""docs/conformance.md: what came of irctest, in numbers and words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tests.conformance.controller import WISHES, NatterjackController
from tests.conformance.results import Result

#: mark -> what it is called.
SPECIFICATIONS = {
    "RFC1459": "RFC 1459",
    "RFC2812": "RFC 2812",
    "modern": "Modern IRC",
    "ircdocs": "ircdocs",
    "IRCv3": "IRCv3",
    "Ergo": "Ergo's own",
}
#: Part of a test's name -> why it fails, in the wide selection: these are about Ergo, and not about a specification.
EXPLAINED = {
    "bouncer.py::BouncerTestCase::testQuit": "whoever leaves is told so by ERROR, as Modern IRC has it; Ergo sends him "
    "his own QUIT as well",
    "chanserv.py": "logging in brings an account back into its channels, so the JOIN whose answer the test looks at "
    "has nothing left to do",
    "auditorium.py": "mode +u: who has no rank is not shown to others. There is +U for what they say; their coming and "
    "going is part of the channel's history",
    "MuteExtbanTestCase::testISupport": "Ergo's extended bans have no prefix: `EXTBAN=,m`; ours have `~`, since a mask "
    "may begin with a letter and a colon",
    "confusables.py": "a nick that mixes scripts is refused as such (432), to the account that it looks like too",
    "readq.py": "whoever sends a line that is too long is cut off by Ergo; here he is told so (417), and it is passed "
    "over: no more than a line is ever kept of it, so it costs nothing",
    "roleplay.py": "SCENE, NPC: to speak under other names. RELAYMSG does that for bridges",
    "znc_playback.py": "ZNC's way to ask for history, older than CHATHISTORY, with a limit that the test sets anew by "
    "Ergo's configuration",
}
#: How Ergo 2.19.1 fares with the wide selection.
ERGO = (461, 27, 0, 1)

_HEAD = """\
# Conformance

[irctest](https://github.com/progval/irctest) is a suite of tests for IRC servers that others have written and others
pass: Ergo, Solanum, InspIRCd, UnrealIRCd and more are run against it. This page is written by
`python -m tests.conformance --irctest PATH` from a run against this tree; the suite is not a part of it.
irctest was at commit `{commit}`.

The server runs as it comes, but for: its name, no default channels, passwords of any length (the suite's are short), no
limits of pace, 32 lines a message, private messages with guests kept (`storage.keep_guests`, but for the tests of
WebSocket), and what single tests ask for: `logins.register_early`, an invite as the server's password, and where they
would set Ergo up another way the same here, which the end of this page lists.
"""

_WIDE = """\
## The same with what Ergo does besides

`(Ergo or not implementation-specific) and not deprecated`, which is what irctest runs with Ergo:
"""


def is_explained(result: Result) -> bool:
    """Whether the page says why ``result`` failed."""
    return any(part in result.test for part in EXPLAINED)


def _why_skipped(result: Result) -> str:
    if result.why == "Not consistently implemented":
        return "irctest skips it always: not consistently implemented by servers"
    if "NON_UTF8_MESSAGE" in result.why:
        return (
            "a message that is not UTF-8: it is refused here, as UTF8ONLY announces, and the test ends there"
        )
    return result.why.removeprefix("Not implemented by controller: ")


def render(results: Sequence[Result], commit: str) -> str:
    """The whole page."""
    narrow = [each for each in results if not {"implementation-specific", "strict"} & set(each.marks)]
    parts = [
        _HEAD.format(commit=commit),
        "## What all servers should do\n\n`not implementation-specific and not deprecated and not strict`:\n",
        _table(narrow),
        "A test may be of several specifications.\n",
        "### What was skipped\n",
        _reasons(narrow, "skipped", _why_skipped),
        *(("### What failed\n", _failures(narrow)) if _count(narrow, "failed") else ("Nothing failed.\n",)),
        _WIDE,
        _table(results),
        _comparison(results),
        "### What failed\n",
        _failures(results),
        "### What was skipped besides\n",
        _reasons([each for each in results if each not in narrow], "skipped", _why_skipped),
        "## What the controller declares\n",
        _declared(),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _count(results: Iterable[Result], outcome: str) -> int:
    return sum(1 for each in results if each.outcome == outcome)


def _table(results: Sequence[Result]) -> str:
    lines = ["| specification | tests | passed | skipped | failed |", "|---|---|---|---|---|"]
    rows = [(name, [each for each in results if mark in each.marks]) for mark, name in SPECIFICATIONS.items()]
    for name, found in [*rows, ("**all**", list(results))]:
        if found:
            failed = _count(found, "failed") + _count(found, "xfailed")
            numbers = (len(found), _count(found, "passed"), _count(found, "skipped"), failed)
            lines.append(f"| {name} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines) + "\n"


def _comparison(results: Sequence[Result]) -> str:
    passed, skipped, failed, expected = ERGO
    ours = _count(results, "passed")
    return (
        f"Ergo 2.19.1 passes {passed} of these, skips {skipped}, fails {failed}, and {expected} fails as expected; "
        f"Natterjack passes {ours}.\n"
    )


def _reasons(results: Sequence[Result], outcome: str, reason: Callable[[Result], str]) -> str:
    """Tests by why."""
    found: dict[str, list[str]] = {}
    for each in results:
        if each.outcome == outcome:
            found.setdefault(reason(each), []).append(each.test)
    if not found:
        return "Nothing.\n"
    lines = []
    for why, tests in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        lines.append(f"- {len(tests)}: {why}\n")
        lines += [f"  `{test}`" for test in tests]
        lines.append("")
    return "\n".join(lines)


def _failures(results: Sequence[Result]) -> str:
    def why(each: Result) -> str:
        return next(
            (text for part, text in EXPLAINED.items() if part in each.test), f"**not explained**: {each.why}"
        )

    return _reasons(results, "failed", why)


def _declared() -> str:
    """What irctest expects because we say that we can do it."""
    ours = NatterjackController
    tokens = [name if value is None else f"{name}={value}" for name, value in ours.isupport.items()]
    lines = [
        f"- capabilities: {', '.join(sorted(each.value for each in ours.capabilities))}",
        f"- SASL: {', '.join(sorted(ours.supported_sasl_mechanisms))}",
        f"- optional behaviours: {'; '.join(sorted(each.value for each in ours.optional_behaviors))}",
        f"- ISUPPORT: {', '.join(tokens)}",
        "",
        "Settings that single tests get:",
        "",
        *(f"- `{part}`: {_settings(wishes)}" for part, wishes in WISHES.items()),
    ]
    return "\n".join(lines) + "\n"


def _settings(wishes: Mapping[str, str]) -> str:
    return ", ".join(f"`{key.lower().replace('__', '.')} = {value}`" for key, value in wishes.items())
