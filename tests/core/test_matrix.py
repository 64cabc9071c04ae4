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

from natterjack.core.registry import COMMANDS
from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, Peer, fits, make_account

KINDS = ("new", "guest", "member", "voiced", "half", "op", "owner", "oper", "out", "in", "former", "muted")


class Row(Struct, frozen=True):
    """``line`` is sent in a channel with ``modes`` besides the usual; ``sign`` is what tells that it was done: who
    (``me``, or somebody else who is there) gets which line. ``{me}`` is the nick of whoever sends it."""

    modes: str
    line: str
    sign: str
    cells: str


#: Everybody who is in may; nobody but those with a rank of the channel; nobody but its operators.
ALL = "451 + + + + + + + + + + +"
HALF = "451 442 482 482 + + + 442 442 482 442 482"
HALF_MODE = "451 482 482 482 + + + 482 482 482 482 482"
OPS_MODE = "451 482 482 482 482 + + 482 482 482 482 482"
OWNERS_MODE = "451 482 482 482 482 482 + 482 482 482 482 482"
OWNERS = "451 442 482 482 482 482 + 442 442 482 442 482"
OPERATORS = "451 481 481 481 481 481 481 + 481 481 481 481"


def alike(cells: str, *lines: tuple[str, str], modes: str = "") -> list[Row]:
    """Rows with the same ``cells``; each of ``lines`` is a line and its sign."""
    return [Row(modes, line, sign, cells) for line, sign in lines]


def nobody(code: str) -> str:
    """Cells of what is refused to everybody alike."""
    return " ".join(["451", *[code] * (len(KINDS) - 1)])


HI = ("PRIVMSG #room :hi", "wit :{me} PRIVMSG #room :hi")
TABLE = [
    #            new guest member voiced half op owner oper out in former muted
    *alike("451  404   +      +      +    +  +     404  404 404 404   404", HI),
    *alike("451  +     +      +      +    +  +     +    404 404 +     404", HI, modes="-n"),
    *alike("451  404   404    +      +    +  +     404  404 404 404   404", HI, modes="+m"),
    *alike("451  404   404    +      +    +  +     404  404 404 404   404", HI, modes="+M"),
    *alike("451  404   404    +      +    +  +     +    404 404 404   404", HI, modes="-n+M"),
    *alike("451  404   404    +      +    +  +     404  404 404 404   404", HI, modes="+b ~m:*!*@*"),
    *alike("451  404   +      +      +    +  +     404  404 404 404   404",
           ("PRIVMSG @#room :hi", "chief :{me} PRIVMSG @#room :hi")),
    *alike("451  .     +      +      +    +  +     .    .   .   .     .",
           ("NOTICE #room :hi", "wit :{me} NOTICE #room :hi")),
    *alike("451  404   +      +      +    +  +     404  404 404 404   .",
           ("@+draft/react=x TAGMSG #room", "wit @…+draft/react=x :{me} TAGMSG #room"),
           ("@+typing=active TAGMSG #room", "wit @…+typing=active :{me} TAGMSG #room")),
    *alike("451  +     +      +      +    +  +     +    +   +   +     531",
           ("PRIVMSG bob :hi", "bob :{me} PRIVMSG bob :hi")),
    *alike("451  +     +      +      +    +  +     +    +   +   +     .",
           ("NOTICE bob :hi", "bob :{me} NOTICE bob :hi")),
    *alike(nobody("401"), ("PRIVMSG nobody :hi", "")),
    *alike(nobody("403"), ("PRIVMSG #gone :hi", ""), ("TOPIC #gone", ""), ("MODE #gone", ""), ("KICK #gone bob", "")),
    *alike("451  404   +      +      +    +  +     404  404 404 404   404",
           ("BATCH +1 draft/multiline #room\n@batch=1 PRIVMSG #room :one\n@batch=1 PRIVMSG #room :two\nBATCH -1",
            "wit :{me} PRIVMSG #room :two")),
    *alike(nobody("MULTILINE_INVALID"), ("BATCH -none", "")),
    # -- coming and going
    *alike("451  +     .      .      .    .  .     +    474 .   +     .", ("JOIN #room", "wit :{me} JOIN #room")),
    *alike("451  473   .      .      .    .  .     473  473 .   473   .",
           ("JOIN #room", "wit :{me} JOIN #room"), modes="+i"),
    *alike("451  475   .      .      .    .  .     475  475 .   475   .",
           ("JOIN #room", "wit :{me} JOIN #room"), modes="+k sesame"),
    *alike("451  +     .      .      .    .  .     +    474 .   +     .",
           ("JOIN #room sesame", "wit :{me} JOIN #room"), modes="+k sesame"),
    *alike("451  471   .      .      .    .  .     471  471 .   471   .",
           ("JOIN #room", "wit :{me} JOIN #room"), modes="+l 1"),
    *alike("451  477   .      .      .    .  .     +    477 .   477   .",
           ("JOIN #room", "wit :{me} JOIN #room"), modes="+R"),
    *alike("451  +     +      +      +    +  +     +    +   +   +     437", ("JOIN #new", "me :{me} JOIN #new")),
    *alike("451  442   +      +      +    +  +     442  442 +   442   +", ("PART #room", "wit :{me} PART #room")),
    *alike(HALF, ("KICK #room bob", "wit :{me} KICK #room bob :{me}")),
    *alike("451  442   482    482    482  +  +     442  442 482 442   482",
           ("KICK #room chief", "wit :{me} KICK #room chief :{me}")),
    *alike("451  442   482    482    482  482 +    442  442 482 442   482",
           ("KICK #room own", "wit :{me} KICK #room own :{me}")),
    *alike("451  442   +      +      +    +  +     442  442 +   442   531",
           ("INVITE carol #room", "carol :{me} INVITE carol #room"), ),
    *alike("451  442   482    482    +    +  +     442  442 482 442   482",
           ("INVITE carol #room", "carol :{me} INVITE carol #room"), modes="+i"),
    *alike("451  442   +      +      +    +  +     442  442 +   442   +", ("KEEP #room", "me NOTE KEEP KEPT #room …")),
    *alike(OWNERS, ("KEEP #room 30d", "me NOTE KEEP KEPT #room …for 30d")),
    *alike(OWNERS, ("RENAME #room #other :why", "wit :wit PART #room :why")),
    # -- how the channel is
    *alike(ALL, ("TOPIC #room", "me 332 {me} #room :welcome"), ("MODE #room", "me 324 {me} #room …"),
           ("MODE #room +b", "me 368 {me} #room …")),
    *alike(HALF, ("TOPIC #room :new", "wit :{me} TOPIC #room :new")),
    *alike("451  442   +      +      +    +  +     442  442 404 442   404",
           ("TOPIC #room :new", "wit :{me} TOPIC #room :new"), modes="-t"),
    *alike("451  442   404    +      +    +  +     442  442 404 442   404",
           ("TOPIC #room :new", "wit :{me} TOPIC #room :new"), modes="-t+m"),
    *alike(HALF_MODE, ("MODE #room +e", "me 349 {me} #room …"), ("MODE #room +I", "me 347 {me} #room …"),
           *((f"MODE #room {change}", f"wit :{{me}} MODE #room {change}")
             for change in ("+b x!*@*", "+e x!*@*", "+I x!*@*", "+b ~a:x", "+b ~m:x!*@*", "+v bob")),
           ("TBAN #room 1h x!*@* :spam", "wit :{me} MODE #room +b x!*@*")),
    *alike(OPS_MODE, *((f"MODE #room {change}", f"wit :{{me}} MODE #room {change}") for change in (
        "+h bob", "+o bob", "-o chief", "+m", "+s", "+i", "-t", "-n", "+k key", "+l 9", "+R", "+M",
        "+C", "+w 5", "+U"))),
    *alike("451 482 482 482 482 696 696 482 482 482 482 482",
           ("MODE #room +f #gone", "")),
    *alike("451  442   PRIVS_NEEDED PRIVS_NEEDED PRIVS_NEEDED + + 442  442 PRIVS_NEEDED 442 PRIVS_NEEDED",
           ("RELAYMSG #room kim/there :hi", "wit :kim/there!relay@natterjack PRIVMSG #room :hi")),
    *alike(OWNERS_MODE, ("MODE #room +q kim", "wit :{me} MODE #room +q kim"),
           ("MODE #room +H", "wit :{me} MODE #room +H")),
    *alike("451  404   404    +      +    +  +     404  404 404 404   404",
           ("PRIVMSG #room :\1PING 1\1", "wit :{me} PRIVMSG #room :\1PING 1\1"), modes="+C"),
    *alike("451  404   +      +      +    +  +     404  404 404 404   404",
           ("PRIVMSG #room :\1ACTION waves\1", "wit :{me} PRIVMSG #room :\1ACTION waves\1"), modes="+C"),
    # -- what programs are told of people and channels
    *alike(ALL, ("METADATA #room LIST", "me 761 {me} #room url * :welcome"),
           ("METADATA bob GET url", "me 766 {me} bob url …"), ("METADATA * SUB url", "me 770 {me} :url")),
    *alike("451 KEY_NO_PERMISSION + + + + + KEY_NO_PERMISSION KEY_NO_PERMISSION + KEY_NO_PERMISSION +",
           ("METADATA #room LIST", "me 761 {me} #room url * :welcome"), modes="+i"),
    *alike(f"451 {'KEY_NO_PERMISSION ' * 3} + + + {'KEY_NO_PERMISSION ' * 5}",
           ("METADATA #room SET url :x", "me 761 {me} #room url * :x")),
    *alike(f"451 {'KEY_NO_PERMISSION ' * 3} + + + + {'KEY_NO_PERMISSION ' * 4}",
           ("METADATA #room SET url", "me 766 {me} #room url …")),
    *alike("451  +     +      +      +    +  +     +    +   +   +     KEY_NO_PERMISSION",
           ("METADATA * SET url :x", "me 761 {me} {me} url * :x")),
    *alike(nobody("KEY_NO_PERMISSION"), ("METADATA bob SET url :x", "")),
    *alike(f"451 {'KEY_NO_PERMISSION ' * 6} + {'KEY_NO_PERMISSION ' * 4}",
           ("METADATA bob CLEAR", "me BATCH … metadata bob")),
    # -- people
    *alike(ALL, ("MODE {me} +i", "me :{me} MODE {me} +i"), ("MODE {me} +w", "me :{me} MODE {me} +w"),
           ("INVITE", "me 337 …"), ("WHOIS bob", "me 311 {me} bob …")),
    *alike("451  .     .      .      .    .  .     +    .   .   .     .",
           ("WHOIS bob", "me 338 {me} bob …"), ("WHO bob %i", "me 354 {me} 10.9.8.7")),
    *alike("451  .     .      .      .    .  .     .    .   .   .     .", ("MODE {me} +o", "me :{me} MODE {me} +o")),
    *alike(nobody("502"), ("MODE bob +i", "")),
    *alike(".    +     +      +      +    +  +     +    +   435 +     437", ("NICK other", "me :{me} NICK other")),
    *alike("433  433   433    433    433  433 433  433  433 433 433   437", ("NICK bob", "")),
    *alike(".    433   433    433    433  433 433  +    433 433 433   437", ("NICK root", "me :me NICK root")),
    *alike(OPERATORS, ("KILL bob :go", "wit :bob!… QUIT …"), ("CONSOLE users", "me NOTE CONSOLE …"),
           ("CONSOLE kick bob", "wit :bob!… QUIT …"), ("CONSOLE invite", "me NOTE CONSOLE …"),
           ("CONSOLE ban x!*@*", "me NOTE CONSOLE …"), ("CONSOLE accounts", "me NOTE CONSOLE …"),
           ("CONSOLE lock", "me NOTE CONSOLE …"), ("CONSOLE files", "me NOTE CONSOLE …"),
           ("CONSOLE audit", "me NOTE CONSOLE …")),
    *alike(OPERATORS, ("REHASH", "me 382 {me} …"), ("WALLOPS :hi", "wit :{me} WALLOPS :hi"),
           ("STATS o", "me 243 {me} O * * :root")),
    *alike(OPERATORS, ("CONSOLE keep #room", "me NOTE CONSOLE ANSWER keep …")),
    *alike(nobody("464"), ("OPER root wrong-password", "")),
    *alike(nobody("491"), ("OPER own own-password", "")),
    *alike(ALL, ("OPER root root-password", "me 381 {me} …")),
    # -- accounts
    *alike(f"COMPLETE_CONNECTION_REQUIRED + + + + + {'ALREADY_AUTHENTICATED ' * 2} + + + +",
           ("REGISTER * * long-enough", "me REGISTER SUCCESS …")),
    *alike(f"451 {'ACCOUNT_REQUIRED ' * 5} + + {'ACCOUNT_REQUIRED ' * 4}", ("CERT LIST", "me NOTE CERT …")),
    *alike("+    +     +      +      +    +  907   +    +   +   +     +", ("AUTHENTICATE PLAIN", "me AUTHENTICATE +")),
    # -- services, which do what other commands do
    *alike("451  +     +      +      +    +  .     .    +   +   +     +",
           ("NS REGISTER long-enough", "me :NickServ!… NOTICE {me} :{me} is your account from now on"),
           ("PRIVMSG NickServ :REGISTER long-enough", "me 900 {me} …")),
    *alike("451  +     +      +      +    +  .     +    +   +   +     +",
           ("NS IDENTIFY kim kim-password", "me 900 {me} {me}!… kim …")),
    *alike("451  .     .      .      .    .  .     +    .   .   .     .",
           ("NS INFO kim", "me :NickServ!… NOTICE {me} :kim has been …")),
    *alike("451  .     .      .      .    .  .     .    .   .   .     .",
           ("NS IDENTIFY kim wrong", "me 900 …"), ("NOTICE NickServ :REGISTER long-enough", "me 900 …"),
           ("NS GHOST bob", "bob ERROR …")),
    *alike("451  .     .      .      .    .  +     +    .   .   .     .",
           ("NICKSERV SET ALWAYS-ON ON", "me :NickServ!… NOTICE {me} :ALWAYS-ON is on: …"),
           ("NICKSERV GET ALWAYS-ON", "me :NickServ!… NOTICE {me} :ALWAYS-ON is off: …")),
    *alike("451  .     .      .      .    .  +     .    .   .   .     .",
           ("NS PASSWD own-password sesame-sesame", "me :NickServ!… NOTICE {me} :own has a new password…")),
    *alike(OPERATORS, ("NS SAREGISTER x long-enough", "me :NickServ!… NOTICE {me} :x is an account now")),
    *alike("451  442   .      .      .    .  .     442  442 .   442   .",
           ("CS REGISTER #room", "wit :{me} MODE #room +q {me}")),
    *alike(ALL, ("CHANSERV INFO #room", "me :ChanServ!… NOTICE {me} :#room was made …")),
    *alike(OPS_MODE, ("CS OP #room bob", "wit :{me} MODE #room +o bob")),
    *alike(ALL, ("ACCEPT bob\nACCEPT bob", "me 457 …"), ("ACCEPT *", "me 282 …")),
    # -- files
    *alike(ALL, ("FILE TOKEN", "me FILE TOKEN … 900"), ("FILE LIST", "me FILE ENDOFLIST *")),
    *alike("451  INVALID_TARGET + + + + + INVALID_TARGET INVALID_TARGET + INVALID_TARGET +",
           ("FILE LIST #room", "me FILE ENDOFLIST #room")),
    *alike(nobody("NO_SUCH_FILE"), ("FILE DELETE x", ""), ("FILE UNLINK x", "")),
    # -- what was said before
    *alike("451  INVALID_TARGET + + + + + INVALID_TARGET INVALID_TARGET + INVALID_TARGET +",
           ("CHATHISTORY LATEST #room * 5", "me BATCH +1 chathistory #room"),
           ("SEARCH in=#room", "me BATCH +1 soju.im/search")),
    *alike("451  INVALID_PARAMS + + + + + INVALID_PARAMS INVALID_PARAMS + INVALID_PARAMS +",
           ("MARKREAD #room timestamp=2019-01-04T14:33:26.123Z",
            "me MARKREAD #room timestamp=2019-01-04T14:33:26.123Z")),
    *alike(ALL, ("MARKREAD #room", "me MARKREAD #room *")),
    *alike("451 INVALID_TARGET" + " UNKNOWN_MSGID" * 5 + " INVALID_TARGET" * 2 + " UNKNOWN_MSGID"
           " INVALID_TARGET UNKNOWN_MSGID", ("REDACT #room m99", "")),
    *alike(f"451 {'INVALID_TARGET ' * 5} + + {'INVALID_TARGET ' * 4}",
           ("CHATHISTORY LATEST kim * 5", "me BATCH +1 chathistory kim")),
    # -- what everybody may, whoever he is
    *alike("+    +     +      +      +    +  +     +    +   +   +     +",
           ("PING x", "me PONG natterjack x"), ("CAP LIST", "me CAP … LIST …"), ("QUIT :bye", "me ERROR …")),
    *alike(".    462   462    462    462  462 462  462  462 462 462   462", ("PASS x", ""), ("USER x 0 * :X", "")),
    *alike(ALL, ("NAMES #room", "me 353 {me} = #room :…"), ("WHO #room", "me 352 {me} #room …"),
           ("LIST", "me 322 {me} #room …"), ("LUSERS", "me 251 …"), ("MOTD", "me 375 …"), ("VERSION", "me 351 …"),
           ("LINKS", "me 365 …"), ("STATS u", "me 242 …"), ("ISUPPORT", "me 005 …"),
           ("TIME", "me 391 …"), ("ADMIN", "me 256 …"), ("INFO", "me 371 …"), ("HELP", "me 704 …"),
           ("ISON bob", "me 303 {me} :bob"), ("USERHOST bob", "me 302 {me} :bob=…"), ("WHOWAS bob", "me 369 …"),
           ("MONITOR + bob", "me 730 …"), ("AWAY :out", "me 306 …"), ("HELPOP", "me 704 …")),
    *alike("451  +     +      +      +    +  +     +    +   +   +     CANNOT_CHANGE",
           ("SETNAME :New", "me :{me} SETNAME :New")),
    *alike(".    .     .      .      .    .  .     .    .   .   .     .", ("PONG x", ""), ("ERROR :x", "")),
    *alike(nobody("446"), ("USERS", "")),
    *alike(nobody("445"), ("SUMMON x", "")),
    *alike("421  421   421    421    421  421 421  421  421 421 421   421", ("FLY away", "")),
]  # fmt: skip


#: What the channel's owner says to make somebody what he is.
MAKING = {
    "voiced": "MODE #room +v me",
    "half": "MODE #room +h me",
    "op": "MODE #room +o me",
    "out": "MODE #room +b me!*@*",
    "in": "MODE #room +b me!*@*",
}


def chat_for(kind: str, modes: str) -> tuple[Chat, Peer]:
    """A chat with a channel in which there are its owner, an operator and some others; and whoever is to act."""
    snapshot = Snapshot(
        b"s" * 32, (make_account("own"), make_account("kim"), make_account("root", operator=True))
    )
    settings: dict[str, Any] = {"lobby": (), "motd": ("hello",), "access": "open", "allow_plaintext": True}
    chat = Chat(store=True, durable=True, instant=True, snapshot=snapshot, **settings)
    caps = "message-tags setname batch"
    long = f"{caps} draft/multiline"
    own = chat.enter("own", long, login="own")
    own.send("JOIN #room", "TOPIC #room :welcome", "METADATA #room SET url :welcome")
    for nick in ("wit", "bob", "chief", "carol"):
        chat.enter(nick, caps, ip="10.9.8.7" if nick == "bob" else "127.0.0.1")
    chat.enter("kim", caps, login="kim")
    for nick in ("wit", "bob", "chief", "kim"):
        chat.peers[nick].send("JOIN #room")
    peer = own if kind == "owner" else _actor(chat, kind, long)
    chat.peers["wit"].send("MODE wit +w")
    own.send("MODE #room +o chief", MAKING.get(kind, "PING x"), f"MODE #room {modes}")
    if kind == "muted":
        chat.console("mute", "me!*@*", "enough")
    chat.quiet()
    return chat, peer


def _actor(chat: Chat, kind: str, caps: str) -> Peer:
    if kind == "new":
        return chat.open("me")
    peer = chat.enter("me", caps, login="root" if kind == "oper" else "")
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
    return (
        room.mode_params(True),
        lists,
        topic,
        dict(room.members),
        sorted(chat.world.channels),
        dict(room.roster),
        dict(room.metadata),
    )


def outcome(chat: Chat, peer: Peer, row: Row) -> str:
    """What came of it, as a cell says it."""
    me = "own" if peer.name == "own" else "me"
    before = state_of(chat)
    peer.post(*row.line.format(me=me).split("\n"))
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


#: WHOIS tells by it that the connection is encrypted.
_NO_REFUSAL = ("671",)


def refused(line: str) -> str:
    """The numeric or code of a refusal, ``""`` for any other line."""
    words = untagged(line, " ").split(" ")
    if words[0] == "FAIL":
        return words[2]
    return words[0] if words[0].isdigit() and words[0] >= "400" and words[0] not in _NO_REFUSAL else ""


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.modes} {row.line}".strip())
def test_who_may_do_what(row: Row) -> None:
    cells = row.cells.split()
    assert len(cells) == len(KINDS)
    found = {kind: outcome(*chat_for(kind, row.modes), row) for kind in KINDS}
    assert found == dict(zip(KINDS, cells, strict=True))


def test_the_table_is_as_large_as_it_is_meant_to_be() -> None:
    assert len(TABLE) * len(KINDS) > 900


def test_every_command_has_its_row() -> None:
    tried = {row.line.rpartition(" #room")[0].split(" ")[-1] for row in TABLE}
    tried |= {word for row in TABLE for word in row.line.split(" ")[:2]}
    assert set(COMMANDS) - tried == set()
