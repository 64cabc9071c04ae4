"""The commands that can be typed, as one table: a new one is a row and a function.

A handler gets the chat and what follows the word. It asks the server through ``chat.ask``, and raises :class:`Mistyped`
for what the person should mend; everything else (success, refusal, answers) is told by the events that follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from natterjack.client import requests as r
from natterjack.client.address import parse_address
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
    find_held_back,
    first_word,
    parse,
)
from natterjack.client.errors import BadAddress
from natterjack.client.events import Kind
from natterjack.client.model.items import Message
from natterjack.client.secret import Credentials, Secret
from natterjack.client.session.state import MOST_HISTORY
from natterjack.client.view.links import find_links
from natterjack.proto.casemap import fold
from natterjack.proto.names import SERVICES
from natterjack.proto.nearest import nearest

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: What a message id begins with, where a command is about that message.
MEANT = "msgid="
#: Lines that HISTORY shows where it is not told how many.
_USUAL_HISTORY = 20
#: Lines of a message pasted by mistake are the person's business; a single one longer than this is not sent at all.
_MOST_TEXT = 16_000


#: Carries a command out: the chat, and what follows the word.
Handler: TypeAlias = "Callable[[Chat, str], None]"


class Row(Struct, frozen=True):
    """``capitals``: goes without a slash. ``online``: needs a server. ``at_once``: does not wait for other answers.

    ``kept``: can be done on the way back to a server too, out of what is kept here. ``settled``: is about what was said
    last, and waits until that is answered. ``reaches``: may itself bring us to one. ``lines``: what it says may have
    several.
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


# -- saying ----------------------------------------------------------------------------------------------------------


def _send(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("SEND what? Type: SEND text")
    say(chat, chat.target(), rest)


def _msg(chat: Chat, rest: str) -> None:
    target, text = first_word(rest)
    if not text:
        raise Mistyped("MSG needs a name and a text. Type: MSG nick text")
    say(chat, target, text)


def _me(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("What do you do? Type: /me waves")
    say(chat, chat.target(), rest, Kind.ACTION)


def _edit(chat: Chat, rest: str) -> None:
    which, text = _which(rest)
    if not text:
        raise Mistyped(
            "How should your message here read? Type: /edit text, or /edit ^2 text for the last but one"
        )
    meant = _meant(chat, which, own=True)
    chat.ask(r.Edit(chat.line, chat.target(), meant.msgid, text, meant.kind))


def _delete(chat: Chat, rest: str) -> None:
    which, reason = _which(rest)
    chat.ask(r.Redact(chat.line, chat.target(), _meant(chat, which, own=True).msgid, reason))


def _reply(chat: Chat, rest: str) -> None:
    which, text = _which(rest)
    if not text:
        raise Mistyped("Answer what? Type: /reply text, or /reply ^2 text to the last but one")
    say(chat, chat.target(), text, reply_to=_meant(chat, which, own=False).msgid)


def _react(chat: Chat, rest: str) -> None:
    which, sign = _which(rest)
    if not sign or " " in sign:
        raise Mistyped("With which sign? Type: /react and one emoji or word, or /react ^2 and that")
    chat.ask(r.React(chat.line, chat.target(), _meant(chat, which, own=False).msgid, sign))


def _which(rest: str) -> tuple[str, str]:
    """Which message is meant, as :func:`_meant` takes it, and the rest."""
    word, more = first_word(rest)
    counted = word[:1] == "^" and word[1:].isascii() and word[1:].isdigit()
    return (word, more) if counted or word.startswith(MEANT) else ("", rest)


def _meant(chat: Chat, which: str, *, own: bool) -> Message:
    """``^2`` is the last but one of our ``own``, or of the others'; ``msgid=...`` any one; ``""`` the last one."""
    where = chat.target()
    conversation = chat.model.find(where)
    if which.startswith(MEANT):
        found = conversation.message(which.removeprefix(MEANT)) if conversation else None
        if found is None or found.redacted is not None:
            raise Mistyped(f"That message of {where} is not here any more.", "no_message")
        if own and not found.own:
            raise Mistyped(f"That is {found.nick}'s: only your own can be changed.", "no_message")
        return found
    count = int(which[1:5] or 1)
    found = conversation.nth_last(count, own=own) if conversation else None
    if found is None and count == 1:
        none = f"You have said nothing in {where} that could be changed."
        raise Mistyped(none if own else f"Nobody else has said anything in {where} yet.", "no_message")
    if found is None:
        raise Mistyped("There are not so many such messages here: ^1 is the last of them.", "no_message")
    return found


def _read(chat: Chat, rest: str) -> None:
    name = first_word(rest)[0] or chat.target()
    if chat.model.find(name) is None:
        raise Mistyped(f"Nothing was said in {name} as far as is known here.", "no_target")
    chat.read(name)


def _unread(chat: Chat, rest: str) -> None:
    for each in chat.model.unread:
        to_you = f", {each.mentions} of them to you" if each.mentions and not each.is_private else ""
        chat.info(f"{each.name}: {each.unread} unread{to_you}")
    if not chat.model.unread:
        chat.info("You have read everything.")


def _query(chat: Chat, rest: str) -> None:
    target, text = first_word(rest)
    if not target:
        raise Mistyped("Talk to whom? Type: /query nick")
    chat.look_at(target)
    if text:
        say(chat, target, text)


def say(chat: Chat, target: str, text: str, kind: Kind = Kind.MESSAGE, reply_to: str = "") -> None:
    """Send ``text`` to ``target``, in as few messages as may be; as the answer to the message ``reply_to``."""
    longest = max(map(len, text.split("\n")))
    if longest > _MOST_TEXT:
        raise Mistyped(f"That is {longest} characters, too much for a chat: nothing was sent.", "too_long")
    names = [name.partition("@")[0] for name in target.split(",")]  # as NickServ@services, which others want
    if any(fold(name) in SERVICES for name in names):
        if len(names) > 1:
            raise Mistyped("A service is talked to alone: nothing was sent.", "no_target")
        _tell_service(chat, names[0], text)
        return
    chat.ask(r.Say(chat.line, target, text, kind, reply_to))


def _tell_service(chat: Chat, target: str, text: str) -> None:
    """It may be a password: it goes neither into the outbox nor among the messages that are kept, and is not shown."""
    if "\n" in text:
        raise Mistyped(f"{target} takes one line at a time: nothing was sent.")
    if not chat.online:
        raise Mistyped(f"What you say to {target} has to wait for the connection.", "not_connected")
    # Wherever there are services, their names are commands too; a PRIVMSG of ours would be told as a message.
    chat.ask(r.Raw(chat.line, f"{target.upper()} :{text}"))


# -- channels --------------------------------------------------------------------------------------------------------


def _join(chat: Chat, rest: str) -> None:
    channel, key = first_word(rest)
    if not channel:
        raise Mistyped("Join which channel? Type: JOIN #channel")
    channel = ",".join(_as_channel(each) for each in channel.split(","))
    chat.ask(r.Join(chat.line, channel, key), then=lambda: chat.look_at(channel.partition(",")[0]))


def _part(chat: Chat, rest: str) -> None:
    here = chat.model.current
    if here and not chat.is_channel(here) and not chat.is_channel(first_word(rest)[0]):
        _put_away(chat, here)
        return
    channel, reason = _channel_first(chat, rest)
    chat.ask(r.Part(chat.line, channel, reason))


def _close(chat: Chat, rest: str) -> None:
    name = first_word(rest)[0] or chat.target()
    if not chat.is_channel(name):
        _put_away(chat, name)
        return
    if not chat.online:
        raise Mistyped("To leave a channel you have to be connected.", "not_connected")
    chat.ask(r.Part(chat.line, name))


def _put_away(chat: Chat, name: str) -> None:
    """Of a talk with one person nothing is lost by that: nobody else knows of it."""
    talk = chat.model.find(name)
    if talk is None or chat.model.is_closed(name):
        raise Mistyped(f"There is no conversation with {name} here to close.", "no_target")
    chat.close(talk.name)
    here = f" You are in {chat.model.current}." if chat.model.current else ""
    chat.info(f"The conversation with {talk.name} is closed until one of you says something.{here}")


def _channels(chat: Chat, rest: str) -> None:
    chat.ask(r.AskChannels(chat.line, rest))


def _names(chat: Chat, rest: str) -> None:
    channel, _ = _channel_first(chat, rest)
    chat.ask(r.AskNames(chat.line, channel))


def _topic(chat: Chat, rest: str) -> None:
    channel, text = _channel_first(chat, rest)
    chat.ask(r.SetTopic(chat.line, channel, text) if text else r.AskTopic(chat.line, channel))


def _invite(chat: Chat, rest: str) -> None:
    nick, channel = first_word(rest)
    if not nick:
        raise Mistyped("Invite whom? Type: /invite nick [#channel]")
    chat.ask(r.Invite(chat.line, nick, channel or chat.channel()))


def _kick(chat: Chat, rest: str) -> None:
    channel, rest = _channel_first(chat, rest)
    nick, reason = first_word(rest)
    if not nick:
        raise Mistyped("Kick whom? Type: /kick nick [reason]")
    chat.ask(r.Kick(chat.line, channel, nick, reason))


def _ban(chat: Chat, rest: str) -> None:
    channel, rest = _channel_first(chat, rest)
    mask = rest.strip()
    if not mask:
        chat.ask(r.Mode(chat.line, channel, ("+b",)))  # without a mask: who is banned
        return
    if " " in mask:
        raise Mistyped("Ban one at a time. Type: /ban nick-or-mask")
    person = chat.model.people.get(mask)
    if person is not None and person.host:
        mask = f"*!*@{person.host}"  # a name is changed in a second, an address is not
    elif not set("!@~") & set(mask):  # ~a:account and the like are whole
        mask = f"{mask}!*@*"
    chat.ask(r.Mode(chat.line, channel, ("+b", mask)))


def _mode(chat: Chat, rest: str) -> None:
    words = rest.split()
    named = bool(words) and (chat.is_channel(words[0]) or chat.model.is_me(words[0]))
    target = words.pop(0) if named else chat.channel()
    chat.ask(r.Mode(chat.line, target, tuple(words)))


# -- people ----------------------------------------------------------------------------------------------------------


def _who(chat: Chat, rest: str) -> None:
    chat.ask(r.AskWho(chat.line, rest or chat.model.current or "*"))


def _whois(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("Who is who? Type: WHOIS nick")
    chat.ask(r.AskWhois(chat.line, first_word(rest)[0]))


def _nick(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped(f"You are {chat.model.nick}. For another name, type: NICK name")
    if " " in rest:
        raise Mistyped("A name has no spaces in it. Type: NICK name")
    if rest == chat.model.nick:
        chat.info(f"You are {rest} already.")
        return
    chat.ask(r.ChangeNick(chat.line, rest))


def _away(chat: Chat, rest: str) -> None:
    back = not rest and chat.model.away is not None  # as elsewhere on IRC, AWAY alone takes it back
    chat.ask(r.SetAway(chat.line, "" if back else rest or "away"))


def _back(chat: Chat, rest: str) -> None:
    chat.ask(r.SetAway(chat.line, ""))


def _ignore(chat: Chat, rest: str) -> None:
    if not rest:
        ignored = ", ".join(chat.model.ignored)
        chat.info(f"You ignore {ignored}." if ignored else "You ignore nobody. Type: /ignore nick")
        return
    nick, _ = first_word(rest)
    if chat.model.ignore(nick):
        chat.info(f"You hear nothing of {nick} any more. The same again takes it back.")
    else:
        chat.info(f"You hear {nick} again.")


# -- accounts --------------------------------------------------------------------------------------------------------


def _register(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped(f"{chat.model.nick} becomes an account with a password. Type: REGISTER password")
    password = Secret(rest)
    chat.ask(
        r.Register(chat.line, password),
        then=lambda: chat.remember_login(chat.model.account, password) if chat.model.account else None,
    )


def _login(chat: Chat, rest: str) -> None:
    account, password = first_word(rest)
    if not password:
        raise Mistyped("LOGIN needs an account and its password. Type: LOGIN account password")
    if not chat.model.online:
        chat.link.log_in(Credentials(account, Secret(password)))
        return
    if chat.model.account:
        raise Mistyped(
            f"You are logged in as {chat.model.account} already. To be somebody else, QUIT and start again.",
            "logged_in",
        )
    secret = Secret(password)
    chat.ask(
        r.LogIn(chat.line, account, secret),
        then=lambda: chat.remember_login(chat.model.account or account, secret),
    )


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
    chat.ask(r.Console(chat.line, rest))


def _oper(chat: Chat, rest: str) -> None:
    account, password = first_word(rest)
    if not password:
        raise Mistyped("That takes an account and its password. Type: /oper account password")
    chat.ask(r.Oper(chat.line, account, Secret(password)))


def _raw(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("Send which line? Type: /raw COMMAND parameters")
    chat.ask(r.Raw(chat.line, rest))


def _clear(chat: Chat, rest: str) -> None:
    chat.clear()


def _open(chat: Chat, rest: str) -> None:
    number = rest.strip() or "1"
    if not (number.isascii() and number.isdigit() and int(number[:9]) > 0):
        raise Mistyped("Which link? Counted from the last one. Type: /open n")
    conversation = chat.model.find(chat.target())
    said = [item for item in (conversation.items if conversation else []) if isinstance(item, Message)]
    links = [link for item in reversed(said) for link in reversed(find_links(item.text))]
    if len(links) < int(number):
        many = "no link" if not links else f"only {len(links)}"
        raise Mistyped(f"There is {many} in what is shown of {chat.target()}.", "no_link")
    chat.open(links[int(number) - 1].url)


def _help(chat: Chat, rest: str) -> None:
    word = first_word(rest)[0].lstrip("/").upper()
    if not word:
        for row in ROWS:
            if row.capitals:
                chat.info(f"{row.usage:<28} {row.help}")
        chat.info("With a slash: " + " ".join(f"/{row.name.lower()}" for row in ROWS if not row.capitals))
        chat.info("Anything else you type is said where you are. HELP command tells more of one.")
        return
    found = COMMANDS.get(word)
    if found is None:
        meant = nearest(word, COMMANDS)
        hint = f"Did you mean HELP {meant}?" if meant else "HELP alone lists all commands."
        raise Mistyped(f"There is no command {word}. {hint}", "unknown_command")
    chat.info(f"{found.usage}: {found.help}")


# -- what was said before --------------------------------------------------------------------------------------------


def _history(chat: Chat, rest: str) -> None:
    count = rest.strip() or str(_USUAL_HISTORY)
    if not (count.isascii() and count.isdigit() and 0 < int(count[:9]) <= MOST_HISTORY):
        raise Mistyped(f"How many lines? A number up to {MOST_HISTORY}. Type: HISTORY n")
    chat.ask(r.AskHistory(chat.line, chat.target(), limit=int(count)))


def _search(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("SEARCH for what? Type: SEARCH words")
    chat.ask(r.Search(chat.line, chat.model.current, rest))


# -- helpers ---------------------------------------------------------------------------------------------------------


def _as_channel(name: str) -> str:
    return name if name[:1] in ("#", "&") or not name else f"#{name}"


def _channel_first(chat: Chat, rest: str) -> tuple[str, str]:
    """The channel that ``rest`` begins with, else the current one; and what is left of ``rest``."""
    first, second = first_word(rest)
    if first and chat.is_channel(first):
        return first, second
    return chat.channel(), rest


ROWS = (
    Row("CONNECT", "CONNECT [host] [port]", "go to a server; alone, the one on this machine, or the last one",
        _connect, True, online=False),
    Row("SEND", "SEND text", "say text where you are", _send, True, kept=True, lines=True),
    Row("MSG", "MSG nick text", "say text to one person, or to a channel", _msg, True, kept=True,
        lines=True),
    Row("JOIN", "JOIN #channel", "enter a channel, or make it", _join, True),
    Row("PART", "PART [#channel]", "leave a channel, or close the conversation with one person", _part, True),
    Row("CHANNELS", "CHANNELS", "list the server's channels", _channels, True),
    Row("WHO", "WHO [#channel]", "list the people of a channel", _who, True),
    Row("WHOIS", "WHOIS nick", "what is known of one person", _whois, True),
    Row("NICK", "NICK new", "change your name", _nick, True),
    Row("TOPIC", "TOPIC [text]", "show or set the channel's topic", _topic, True),
    Row("REGISTER", "REGISTER password", "make your name an account, which nobody else can take", _register, True),
    Row("LOGIN", "LOGIN account password", "log in to your account, and take its name", _login, True,
        reaches=True),
    Row("HISTORY", "HISTORY [n]", "show what was said before", _history, True, kept=True),
    Row("SEARCH", "SEARCH words", "find what was said where you are", _search, True),
    Row("SENDFILE", "SENDFILE nick-or-#channel path", "send a file", send_file, True),
    Row("FILES", "FILES [#channel]", "list the files sent here, or there; * for all of yours", files, True),
    Row("GET", "GET file-id [path]", "fetch a file", get, True),
    Row("AWAY", "AWAY [text]", "say that you are not there; alone, that you are back", _away, True),
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
    Row("ME", "/me does something", "say what you do", _me, kept=True),
    Row("QUERY", "/query nick [text]", "talk to one person from now on", _query, kept=True, lines=True),
    Row("CLOSE", "/close [nick]", "close the conversation with one person until the next message; leave a channel",
        _close, online=False),
    Row("EDIT", "/edit [^n] text", "change your last message where you are, or your n-th from the end",
        _edit, settled=True, lines=True),
    Row("DELETE", "/delete [^n] [reason]", "take your last message where you are back, or your n-th from the end",
        _delete, settled=True),
    Row("REPLY", "/reply [^n] text", "answer the last message of somebody else where you are, or the n-th from the end",
        _reply, kept=True, lines=True),
    Row("REACT", "/react [^n] emoji",
        "put a sign to the last message of somebody else where you are, or to the n-th from the end", _react),
    Row("READ", "/read [#channel-or-nick]", "what was said there counts as read, on your other devices too", _read,
        online=False),
    Row("UNREAD", "/unread", "where something is unread", _unread, online=False, at_once=True),
    Row("NAMES", "/names [#channel]", "who is in a channel", _names),
    Row("LIST", "/list", "the same as CHANNELS", _channels),
    Row("BACK", "/back", "you are there again", _back),
    Row("INVITE", "/invite nick [#channel]", "ask somebody into a channel", _invite),
    Row("KICK", "/kick nick [reason]", "put somebody out of the channel (operators)", _kick),
    Row("BAN", "/ban nick-or-mask", "keep somebody out of the channel (operators); alone, who is banned", _ban),
    Row("MODE", "/mode [#channel] [letters]", "show or set modes", _mode),
    Row("OPER", "/oper account password", "become an operator of the server", _oper),
    Row("CONSOLE", "/console verb ...", "one of the verbs of the server's console (its operators)", _console),
    Row("IGNORE", "/ignore nick", "hear nothing of somebody; again takes it back", _ignore, online=False),
    Row("RAW", "/raw line", "send a line of the protocol as it is", _raw),
    Row("OPEN", "/open [n]", "open the last link that was said here, or the n-th from the end", _open, online=False),
    Row("CLEAR", "/clear", "clear the screen", _clear, online=False, at_once=True),
)  # fmt: skip

#: By name, in capitals.
COMMANDS = {row.name: row for row in ROWS}
#: Those that go without a slash.
CAPITALS = tuple(row.name for row in ROWS if row.capitals)


def held_back(meant: HeldBack) -> Mistyped:
    """What is told of that."""
    rest = "" if meant.meant in SECRET_WORDS else " To say it all the same, put SEND before it."
    command = meant.meant if meant.meant.partition(" ")[0] in CAPITALS else f"/{meant.meant.lower()}"
    where = f" in line {meant.line}" if meant.line > 1 else ""
    return Mistyped(f"Did you mean {command}{where}? Nothing was sent.{rest}", "held_back")


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
