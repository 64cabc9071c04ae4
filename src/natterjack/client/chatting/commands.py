"""The commands that can be typed, as one table: a new one is a row and a function.

A handler gets the chat and what follows the word. It asks the server through ``chat.ask``, and raises :class:`Mistyped`
for what the person should mend; everything else (success, refusal, answers) is told by the events that follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from natterjack.client.address import parse_address
from natterjack.client.chatting.channel_commands import (
    ban,
    channels,
    close,
    invite,
    join,
    kick,
    mode,
    names,
    part,
    rename,
    topic,
)
from natterjack.client.chatting.file_commands import (
    cancel,
    delete_file,
    files,
    get,
    pause,
    resume,
    send_file,
    transfers,
    unlink_file,
)
from natterjack.client.chatting.parse import (
    SECRET_WORDS,
    HeldBack,
    Mistyped,
    Unknown,
    find_held_back,
    first_word,
    parse,
)
from natterjack.client.chatting.people_commands import (
    Lacking,
    away,
    back,
    ignore,
    login,
    login_lacks,
    nick,
    oper,
    oper_lacks,
    register,
    register_lacks,
    who,
    whois,
)
from natterjack.client.chatting.saying_commands import (
    delete,
    edit,
    history,
    me,
    msg,
    query,
    react,
    read,
    reply,
    search,
    send,
    unread,
)
from natterjack.client.errors import BadAddress
from natterjack.client.model.items import Message
from natterjack.client.view.links import find_links
from natterjack.proto.nearest import nearest

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat


#: Carries a command out: the chat, and what follows the word.
Handler: TypeAlias = "Callable[[Chat, str], None]"


class Row(Struct, frozen=True):
    """``capitals``: goes without a slash. ``online``: needs a server. ``at_once``: does not wait for other answers.

    ``kept``: can be done on the way back to a server too, out of what is kept here. ``settled``: is about what was said
    last, and waits until that is answered. ``reaches``: may itself bring us to one. ``lines``: what it says may have
    several. ``lacks``: which password is missing, to be asked for; None where none is, or asking for it is of no use.
    """

    name: str
    usage: str
    help: str
    run: Handler
    capitals: bool = False
    online: bool = True
    at_once: bool = False
    kept: bool = False
    settled: bool = False
    reaches: bool = False
    lines: bool = False
    lacks: Callable[[Chat, str], Lacking | None] | None = None


# -- the connection, and the program ---------------------------------------------------------------------------------


def _connect(chat: Chat, rest: str) -> None:
    try:
        address = parse_address(rest) if rest else chat.link.last_address
    except BadAddress as error:
        raise Mistyped(f"{error} Type: CONNECT host port", error.code) from error
    chat.connect(address)


def _disconnect(chat: Chat, rest: str) -> None:
    chat.disconnect(rest)


def _quit(chat: Chat, rest: str) -> None:
    chat.quit(rest)


def _console(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("Do what? Type: /console verb ..., such as /console help")
    chat.services.use_console(rest)


def _raw(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("Send which line? Type: /raw COMMAND parameters")
    chat.services.send(rest)


def _clear(chat: Chat, rest: str) -> None:
    chat.clear()


def _open(chat: Chat, rest: str) -> None:
    number = rest.strip() or "1"
    if not (number.isascii() and number.isdigit() and int(number[:9]) > 0):
        raise Mistyped("Which link? Counted from the last one. Type: /open n")
    conversation = chat.model.find(chat.here.target())
    said = [item for item in (conversation.items if conversation else []) if isinstance(item, Message)]
    links = [link for item in reversed(said) for link in reversed(find_links(item.text))]
    if len(links) < int(number):
        many = "no link" if not links else f"only {len(links)}"
        raise Mistyped(f"There is {many} in what is shown of {chat.here.target()}.", "no_link")
    chat.open(links[int(number) - 1].url)


def _help(chat: Chat, rest: str) -> None:
    word = first_word(rest)[0].lstrip("/").upper()
    if not word:
        for row in ROWS:
            if row.capitals:
                chat.info(f"{row.usage:<31} {row.help}")
        chat.info("With a slash: " + " ".join(f"/{row.name.lower()}" for row in ROWS if not row.capitals))
        chat.info("Anything else you type is said where you are. HELP command tells more of one.")
        return
    found = COMMANDS.get(word)
    if found is None:
        meant = nearest(word, COMMANDS)
        hint = f"Did you mean HELP {meant}?" if meant else "HELP alone lists all commands."
        raise Mistyped(f"There is no command {word}. {hint}", "unknown_command")
    chat.info(f"{found.usage}: {found.help}")


ROWS = (
    Row("CONNECT", "CONNECT [host] [port]", "go to a server; alone, the one on this machine, or the last one",
        _connect, True, online=False),
    Row("SEND", "SEND text", "say text where you are", send, True, kept=True, lines=True),
    Row("MSG", "MSG nick text", "say text to one person, or to a channel", msg, True, kept=True,
        lines=True),
    Row("JOIN", "JOIN #channel [key]", "enter a channel, or make it", join, True),
    Row("PART", "PART [#channel]", "leave a channel, or close the conversation with one person", part, True),
    Row("CHANNELS", "CHANNELS", "list the server's channels", channels, True),
    Row("WHO", "WHO [#channel]", "list the people of a channel", who, True),
    Row("WHOIS", "WHOIS nick", "what is known of one person", whois, True),
    Row("NICK", "NICK new", "change your name", nick, True),
    Row("TOPIC", "TOPIC [text]", "show or set the channel's topic", topic, True),
    Row("REGISTER", "REGISTER [password]",
        "make your name an account, which nobody else can take; alone, the password is asked for, and not shown",
        register, True, lacks=register_lacks),
    Row("LOGIN", "LOGIN account [password]",
        "log in to your account, and take its name; without a password, that is asked for, and not shown",
        login, True, reaches=True, lacks=login_lacks),
    Row("HISTORY", "HISTORY [n]", "show what was said before", history, True, kept=True),
    Row("SEARCH", "SEARCH words", "find what was said where you are", search, True),
    Row("SENDFILE", "SENDFILE nick-or-#channel path", "send a file", send_file, True),
    Row("FILES", "FILES [#channel-or-nick]", "list the files sent here, or there; * for all of yours", files, True),
    Row("GET", "GET file-id [path]", "fetch a file", get, True),
    Row("AWAY", "AWAY [text]", "say that you are not there; alone, that you are back", away, True),
    Row("DISCONNECT", "DISCONNECT", "leave the server, and stay in the program", _disconnect, True,
        online=False, at_once=True),
    Row("HELP", "HELP [command]", "this list, or more of one command", _help, True, online=False, at_once=True),
    Row("QUIT", "QUIT [reason]", "leave the server and the program", _quit, True, online=False, at_once=True),
    Row("TRANSFERS", "/transfers", "list the files on their way", transfers, online=False, at_once=True),
    Row("PAUSE", "/pause number", "let a file wait until you resume it", pause,
        online=False, at_once=True),
    Row("RESUME", "/resume number", "let a file go on", resume,
        online=False, at_once=True),
    Row("CANCEL", "/cancel number", "give a file up, and throw away what there is of it",
        cancel, online=False, at_once=True),
    Row("RMFILE", "/rmfile file-id", "delete a file that you have sent", delete_file),
    Row("UNLINK", "/unlink file-id", "take back the link of a file that you have sent", unlink_file),
    Row("ME", "/me does something", "say what you do", me, kept=True),
    Row("QUERY", "/query nick [text]", "talk to one person from now on", query, kept=True, lines=True),
    Row("CLOSE", "/close [nick]", "close the conversation with one person until the next message; leave a channel",
        close, online=False),
    Row("EDIT", "/edit [^n] text", "change your last message where you are, or your n-th from the end",
        edit, settled=True, lines=True),
    Row("DELETE", "/delete [^n] [reason]", "take your last message where you are back, or your n-th from the end",
        delete, settled=True),
    Row("REPLY", "/reply [^n] text", "answer the last message of somebody else where you are, or the n-th from the end",
        reply, kept=True, lines=True),
    Row("REACT", "/react [^n] emoji",
        "put a sign to the last message of somebody else where you are, or to the n-th from the end", react),
    Row("READ", "/read [#channel-or-nick]", "what was said there counts as read, on your other devices too", read,
        online=False),
    Row("UNREAD", "/unread", "where something is unread", unread, online=False, at_once=True),
    Row("NAMES", "/names [#channel]", "who is in a channel", names),
    Row("LIST", "/list", "the same as CHANNELS", channels),
    Row("BACK", "/back", "you are there again", back),
    Row("INVITE", "/invite nick [#channel]", "ask somebody into a channel", invite),
    Row("RENAME", "/rename [#channel] #new [reason]", "give the channel another name (its owner)", rename),
    Row("KICK", "/kick nick [reason]", "put somebody out of the channel (operators)", kick),
    Row("BAN", "/ban [nick-or-mask]",
        "keep somebody out of the channel (operators); alone, who is banned; /mode -b mask lets him in again", ban),
    Row("MODE", "/mode [#channel] [letters]", "show or set modes", mode),
    Row("OPER", "/oper [account] [password]",
        "become an operator of the server; without a password, that is asked for", oper, lacks=oper_lacks),
    Row("CONSOLE", "/console verb ...", "one of the verbs of the server's console (its operators)", _console),
    Row("IGNORE", "/ignore nick", "hear nothing of somebody; again takes it back", ignore, online=False),
    Row("RAW", "/raw line", "send a line of the protocol as it is", _raw),
    Row("OPEN", "/open [n]", "open the last link that was said here, or the n-th from the end", _open, online=False),
    Row("CLEAR", "/clear", "clear the screen", _clear, online=False, at_once=True),
)  # fmt: skip

#: By name, in capitals.
COMMANDS = {row.name: row for row in ROWS}
#: Those that go without a slash.
CAPITALS = tuple(row.name for row in ROWS if row.capitals)


def held_back(meant: HeldBack, *, connected: bool = True) -> Mistyped:
    """What is told of that."""
    says = connected and meant.meant not in SECRET_WORDS
    rest = " To say it all the same, put SEND before it." if says else ""
    command = meant.meant if meant.meant.partition(" ")[0] in CAPITALS else f"/{meant.meant.lower()}"
    where = f" in line {meant.line}" if meant.line > 1 else ""
    return Mistyped(f"Did you mean {command}{where}? Nothing was sent.{rest}", "held_back")


def unknown(meant: Unknown) -> Mistyped:
    """The same for what is no command."""
    if meant.word.startswith("/"):
        name = meant.meant and f"/{meant.meant.lower()}"
        hint = f"Did you mean {name}?" if name else "HELP lists the commands."
        text = f"There is no command {meant.word}. {hint} (To say something that begins with /, type //.)"
    elif meant.meant:
        text = f"There is no command {meant.word}. Did you mean {meant.meant}?"
    else:
        text = "You are not connected, so nobody hears this. Type CONNECT to join a server, or HELP."
    return Mistyped(text, "unknown_command")


def not_said(text: str, *, chosen: bool) -> Mistyped | None:
    """What is told where ``text`` is not even handed to the chat, since a line of it was hardly meant to be said.

    ``chosen``: it answers or changes a message, so that there is no command in it. Else a single line is none of these:
    it is carried out, and told then.
    """
    if not chosen and "\n" not in text:
        return None
    meant = parse(text, CAPITALS, COMMANDS, connected=True)
    held = meant if isinstance(meant, HeldBack) else find_held_back(text) if chosen else None
    return held_back(held) if held is not None else None
