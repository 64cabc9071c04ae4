"""Who may do what: one table, every command by every kind of user, each cell tried in a chat of its own.

A cell is ``+`` (it is done: somebody else sees it, or the answer says so), a numeric or the code of a FAIL (it is
refused, and nobody but the asker notices anything), or ``.`` (nothing happens and nothing is said).

    new     has not registered yet              op      operator of the channel
    guest   not in the channel                  owner   its owner, logged in
    member  in it, without rank                 oper    operator of the server, not in the channel
    voiced  in it, with voice                   out     banned from it and not in it
    half    its half-operator                   in      banned from it while in it
    former  was in it                           muted   in it, muted by the server's operator
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from tests.support.chat import Chat, Peer, fits

KINDS = ("new", "guest", "member", "voiced", "half", "op", "owner", "oper", "out", "in", "former", "muted")


class Row(Struct, frozen=True):
    """``line`` is sent in a channel with ``modes`` besides the usual; ``sign`` is what tells that it was done: who
    (``me``, or somebody else who is there) gets which line. ``{me}`` is the nick of whoever sends it."""

    modes: str
    line: str
    sign: str
    cells: str


SAID = "wit :{me} "
#                                    new   guest member voiced half op   owner oper out  in   former muted
TABLE = [
    Row("", "PRIVMSG #room :hi", SAID + "PRIVMSG #room :hi",
        "                            451   404   +      +      +    +    +     404  404  404  404    404"),
    Row("-n", "PRIVMSG #room :hi", SAID + "PRIVMSG #room :hi",
        "                            451   +     +      +      +    +    +     +    404  404  +      404"),
    Row("+m", "PRIVMSG #room :hi", SAID + "PRIVMSG #room :hi",
        "                            451   404   404    +      +    +    +     404  404  404  404    404"),
    Row("+M", "PRIVMSG #room :hi", SAID + "PRIVMSG #room :hi",
        "                            451   404   404    +      +    +    +     404  404  404  404    404"),
    Row("-n+M", "PRIVMSG #room :hi", SAID + "PRIVMSG #room :hi",
        "                            451   404   404    +      +    +    +     +    404  404  404    404"),
    Row("", "PRIVMSG @#room :hi", "own :{me} PRIVMSG @#room :hi",
        "                            451   404   +      +      +    +    .     404  404  404  404    404"),
    Row("", "NOTICE #room :hi", SAID + "NOTICE #room :hi",
        "                            451   .     +      +      +    +    +     .    .    .    .      ."),
    Row("", "@+draft/react=x TAGMSG #room", "wit @…+draft/react=x :{me} TAGMSG #room",
        "                            451   .     +      +      +    +    +     .    .    .    .      ."),
    Row("", "@+typing=active TAGMSG #room", "wit @…+typing=active :{me} TAGMSG #room",
        "                            451   .     +      +      +    +    +     .    .    .    .      ."),
    Row("", "PRIVMSG bob :hi", "bob :{me} PRIVMSG bob :hi",
        "                            451   +     +      +      +    +    +     +    +    +    +      531"),
    Row("", "NOTICE bob :hi", "bob :{me} NOTICE bob :hi",
        "                            451   +     +      +      +    +    +     +    +    +    +      ."),
    Row("", "PRIVMSG nobody :hi", "",
        "                            451   401   401    401    401  401  401   401  401  401  401    401"),
    Row("", "PRIVMSG #gone :hi", "",
        "                            451   403   403    403    403  403  403   403  403  403  403    403"),
    # -- coming and going
    Row("", "JOIN #room", SAID + "JOIN #room",
        "                            451   +     .      .      .    .    .     +    474  .    +      ."),
    Row("+i", "JOIN #room", SAID + "JOIN #room",
        "                            451   473   .      .      .    .    .     473  473  .    473    ."),
    Row("+k sesame", "JOIN #room", SAID + "JOIN #room",
        "                            451   475   .      .      .    .    .     475  475  .    475    ."),
    Row("+k sesame", "JOIN #room sesame", SAID + "JOIN #room",
        "                            451   +     .      .      .    .    .     +    474  .    +      ."),
    Row("+l 1", "JOIN #room", SAID + "JOIN #room",
        "                            451   471   .      .      .    .    .     471  471  .    471    ."),
    Row("+R", "JOIN #room", SAID + "JOIN #room",
        "                            451   477   .      .      .    .    .     +    474  .    477    ."),
    Row("", "JOIN #new", "me :{me} JOIN #new",
        "                            451   +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "PART #room :bye", SAID + "PART #room…",
        "                            451   442   +      +      +    +    +     442  442  +    442    +"),
    Row("", "KICK #room bob", SAID + "KICK #room bob :{me}",
        "                            451   442   482    482    +    +    +     442  442  482  442    482"),
    Row("", "KICK #room chief", SAID + "KICK #room chief :{me}",
        "                            451   442   482    482    482  +    +     442  442  482  442    482"),
    Row("", "KICK #room own", SAID + "KICK #room own :{me}",
        "                            451   442   482    482    482  482  +     442  442  482  442    482"),
    Row("", "INVITE carol #room", "carol :{me} INVITE carol #room",
        "                            451   442   +      +      +    +    +     442  442  +    442    404"),
    Row("+i", "INVITE carol #room", "carol :{me} INVITE carol #room",
        "                            451   442   482    482    +    +    +     442  442  482  442    404"),
    # -- how the channel is
    Row("", "TOPIC #room", "me 332 {me} #room :welcome",
        "                            451   +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "TOPIC #room :new", SAID + "TOPIC #room :new",
        "                            451   442   482    482    +    +    +     442  442  482  442    404"),
    Row("-t", "TOPIC #room :new", SAID + "TOPIC #room :new",
        "                            451   442   +      +      +    +    +     442  442  +    442    404"),
    Row("", "MODE #room", "me 324 {me} #room …",
        "                            451   +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "MODE #room +b", "me 368 {me} #room …",
        "                            451   +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "MODE #room +e", "me 349 {me} #room …",
        "                            451   482   482    482    +    +    +     482  482  482  482    482"),
    Row("", "MODE #room +I", "me 347 {me} #room …",
        "                            451   482   482    482    +    +    +     482  482  482  482    482"),
    *[
        Row("", f"MODE #room {change}", SAID + f"MODE #room {change}",
        "                            451   482   482    482    +    +    +     482  482  482  482    482")
        for change in ("+b x!*@*", "+e x!*@*", "+I x!*@*", "+b ~a:x", "+b ~m:x!*@*", "+v bob")
    ],
    *[
        Row("", f"MODE #room {change}", SAID + f"MODE #room {change}",
        "                            451   482   482    482    482  +    +     482  482  482  482    482")
        for change in ("+h bob", "+o bob", "-o chief", "+m", "+n-s", "+s", "+i", "-t", "+k key", "+l 9", "+R", "+M", "+w 5")
        if change != "+n-s"
    ],
    Row("", "MODE #room +q chief", SAID + "MODE #room +q chief",
        "                            451   482   482    482    482  482  +     482  482  482  482    482"),
    Row("", "MODE #room -q own", SAID + "MODE #room -q own",
        "                            451   482   482    482    482  482  +     482  482  482  482    482"),
    Row("", "TBAN #room 1h x!*@* :spam", SAID + "MODE #room +b x!*@*",
        "                            451   442   482    482    +    +    +     442  442  482  442    482"),
    # -- people
    Row("", "MODE {me} +i", "me :{me} MODE {me} +i",
        "                            451   +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "MODE {me} +o", "me :{me} MODE {me} +o",
        "                            451   .     .      .      .    .    .     .    .    .    .      ."),
    Row("", "MODE bob +i", "",
        "                            451   502   502    502    502  502  502   502  502  502  502    502"),
    Row("", "WHOIS bob", "me 311 {me} bob …",
        "                            451   +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "WHOIS bob", "me 338 {me} bob …",
        "                            451   .     .      .      .    .    .     +    .    .    .      ."),
    Row("", "WHO bob %i", "me 354 {me} 10.9.8.7",
        "                            451   .     .      .      .    .    .     +    .    .    .      ."),
    Row("", "NICK other", "me :{me} NICK other",
        "                            .     +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "NICK bob", "",
        "                            433   433   433    433    433  433  433   433  433  433  433    433"),
    Row("", "NICK root", "",
        "                            .     433   433    433    433  433  433   .    433  433  433    433"),
    Row("", "KILL bob :go", SAID[:4] + ":bob QUIT …",
        "                            451   481   481    481    481  481  481   +    481  481  481    481"),
    Row("", "OPER root wrong-password", "",
        "                            451   464   464    464    464  464  464   464  464  464  464    464"),
    Row("", "OPER root root-password", "me 381 {me} …",
        "                            451   +     +      +      +    +    +     +    +    +    +      +"),
    Row("", "OPER own own-password", "",
        "                            451   491   491    491    491  491  491   491  491  491  491    491"),
    Row("", "CONSOLE users", "me NOTE CONSOLE …",
        "                            451   481   481    481    481  481  481   +    481  481  481    481"),
    Row("", "CONSOLE kick bob", SAID[:4] + ":bob QUIT …",
        "                            451   481   481    481    481  481  481   +    481  481  481    481"),
    Row("", "CONSOLE invite", "me NOTE CONSOLE …",
        "                            451   481   481    481    481  481  481   +    481  481  481    481"),
    # -- accounts
    Row("", "REGISTER * * long-enough", "me REGISTER SUCCESS …",
        "           COMPLETE_CONNECTION_REQUIRED + + + + + ALREADY_AUTHENTICATED ALREADY_AUTHENTICATED + + + +"),
    Row("", "CERT LIST", "me NOTE CERT …",
        "           451 ACCOUNT_REQUIRED ACCOUNT_REQUIRED ACCOUNT_REQUIRED ACCOUNT_REQUIRED ACCOUNT_REQUIRED + +"
        " ACCOUNT_REQUIRED ACCOUNT_REQUIRED ACCOUNT_REQUIRED ACCOUNT_REQUIRED"),
    *[Row("", line, sign,
        "                            +     +     +      +      +    +    +     +    +    +    +      +")
      for line, sign in (("PING x", "me PONG natterjack x"), ("CAP LIST", "me CAP {me} LIST …"),
                         ("QUIT :bye", "me ERROR …"), ("AUTHENTICATE *", "me 906 …"))
      if line != "AUTHENTICATE *"],
    *[Row("", line, "",
        "                            .     462   462    462    462  462  462   462  462  462  462    462")
      for line in ("PASS x", "USER x 0 * :X")],
    *[Row("", line, sign,
        "                            451   +     +      +      +    +    +     +    +    +    +      +")
      for line, sign in (
          ("NAMES #room", "me 353 {me} = #room :…"), ("WHO #room", "me 352 {me} #room …"), ("LIST", "me 322 {me} #room …"),
          ("LUSERS", "me 251 …"), ("MOTD", "me 375 …"), ("VERSION", "me 351 …"), ("TIME", "me 391 …"),
          ("ADMIN", "me 256 …"), ("INFO", "me 371 …"), ("HELP", "me 704 …"), ("ISON bob", "me 303 {me} :bob"),
          ("USERHOST bob", "me 302 {me} :bob=…"), ("WHOWAS bob", "me 369 …"), ("MONITOR + bob", "me 730 …"),
          ("AWAY :out", "me 306 …"), ("SETNAME :New", "me …"),
      ) if not line.startswith(("SETNAME", "WHOWAS"))],
    Row("", "FLY away", "",
        "                            421   421   421    421    421  421  421   421  421  421  421    421"),
]  # fmt: skip


def chat_for(kind: str, modes: str) -> tuple[Chat, Peer]:
    """A chat with a channel in which there are its owner, an operator, and two others; and whoever is to act."""
    chat = Chat(
        accounts=("own", "root"), store=True, lobby=(), motd=("hello",), access="open", allow_plaintext=True
    )
    caps = "message-tags"
    own = chat.enter("own", caps, account="own")
    own.send("JOIN #room", "TOPIC #room :welcome")
    chat.settle()
    for nick in ("wit", "bob", "chief", "carol"):
        chat.enter(nick, caps, ip="10.9.8.7" if nick == "bob" else "127.0.0.1")
    for nick in ("wit", "bob", "chief"):
        chat.peers[nick].send("JOIN #room")
    chat.console("oper", "root")
    peer = own if kind == "owner" else _actor(chat, kind, caps)
    own.send("MODE #room +o chief", *({"half": ["MODE #room +h me"], "op": ["MODE #room +o me"], "voiced": ["MODE #room +v me"],
                                       "out": ["MODE #room +b me!*@*"], "in": ["MODE #room +b me!*@*"]}.get(kind, [])))
    if kind == "muted":
        chat.console("mute", "me!*@*", "enough")
    if modes:
        own.send(f"MODE #room {modes}")
    chat.quiet()
    return chat, peer


def _actor(chat: Chat, kind: str, caps: str) -> Peer:
    if kind == "new":
        return chat.open("me")
    peer = chat.enter("me", caps, account="root" if kind == "oper" else "")
    if kind not in ("guest", "oper", "out"):
        peer.send("JOIN #room")
    if kind == "former":
        peer.send("PART #room")
    return peer


def state_of(chat: Chat) -> Any:
    """What nobody may change who may not: the channel as it is, and who is there."""
    room = chat.world.channel("#room")
    lists = {letter: sorted(entries) for letter, entries in room.lists.items()}
    topic = room.topic.text if room.topic is not None else ""
    return (room.mode_params(True), lists, topic, dict(room.members), sorted(chat.world.channels), room.owner)


def outcome(chat: Chat, peer: Peer, row: Row) -> str:
    """What came of it, as a cell says it."""
    me = "own" if peer.name == "own" else "me"
    before = state_of(chat)
    peer.post(row.line.format(me=me))
    chat.settle()
    heard = {each.name: each.take() for each in chat.peers.values()}
    who, _, wanted = row.sign.format(me=me).partition(" ")
    if who and any(fits(wanted, untagged(line, wanted)) for line in heard[me if who == "me" else who]):
        return "+"
    error = next(filter(None, map(refused, heard[me])), ".")
    assert not {name: lines for name, lines in heard.items() if lines and name != me}
    assert state_of(chat) == before or row.line.startswith("NICK")
    return error


def untagged(line: str, wanted: str) -> str:
    """``line`` without its tags, unless ``wanted`` has some."""
    return line.partition(" ")[2] if line[0] == "@" != wanted[0] else line


def refused(line: str) -> str:
    """The numeric or code of a refusal, ``""`` for any other line."""
    words = untagged(line, " ").split(" ")
    if words[0] == "FAIL":
        return words[2]
    return words[0] if words[0].isdigit() and words[0] >= "400" else ""


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.modes} {row.line}".strip())
def test_who_may_do_what(row: Row) -> None:
    cells = row.cells.split()
    assert len(cells) == len(KINDS)
    found = {}
    for kind in KINDS:
        found[kind] = outcome(*chat_for(kind, row.modes), row)
    assert found == dict(zip(KINDS, cells, strict=True))


def test_the_table_is_as_large_as_it_is_meant_to_be() -> None:
    assert len(TABLE) * len(KINDS) > 900
