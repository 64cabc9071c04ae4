"""The commands about files: see :mod:`natterjack.client.chatting.commands`, whose table they are in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from natterjack.client.chatting.bars import line
from natterjack.client.chatting.parse import Mistyped, first_word
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.values import is_id

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: The number of a request for the files here that nobody typed: its answer is looked through, and not shown.
LOOKING: Final = -13
#: Letters of an id as our servers give them out: nothing need be looked up.
_WHOLE: Final = 22


def send_file(chat: Chat, rest: str) -> None:
    target, path = first_word(rest)
    if not path:
        raise Mistyped("SENDFILE needs a name or a channel, and a file. Type: SENDFILE nick-or-#channel path")
    chat.ask(f.SendFile(chat.line, target, path))


def files(chat: Chat, rest: str) -> None:
    target, before = first_word(rest)
    listed = chat.model.files.listed

    def then() -> None:
        if chat.model.files.listed == listed:
            chat.info("There are no files.")

    chat.ask(f.AskFiles(chat.line, target or chat.model.current or "*", before), then)


def get(chat: Chat, rest: str) -> None:
    word, path = first_word(rest)
    if not word:
        raise Mistyped("GET which file? Type: GET file-id [path]. FILES lists them")
    if chat.model.files.find(rest) or chat.model.files.find(word):
        _fetch_known(chat, chat.line, rest)
    elif is_id(word) and len(word) >= _WHOLE:
        chat.ask(f.FetchFile(chat.line, word, path))
    else:
        # A name, or the beginning of an id: it may have been sent here before we came, and not be shown yet.
        line = chat.line
        chat.ask(f.AskFiles(LOOKING, chat.model.current or "*"), lambda: _fetch_known(chat, line, rest))


def _fetch_known(chat: Chat, line: int, rest: str) -> None:
    word, path = first_word(rest)
    whole = chat.model.files.find(rest)  # a name with spaces in it
    known = whole or chat.model.files.find(word)
    if known is None and is_id(word):
        chat.ask(f.FetchFile(line, word, path))  # an id elsewhere, or none: the server knows
        return
    if known is None:
        text = f"There is no file {word} here. FILES lists those that there are."
        chat.tell_mistyped(line, Mistyped(text, "no_such_file"))
        return
    file = known.file
    chat.ask(f.FetchFile(line, file.id, "" if whole else path, file.name, file.size, file.sha256))


def delete_file(chat: Chat, rest: str) -> None:
    chat.ask(f.DeleteFile(chat.line, _file_id(chat, rest)))  # the server answers with a sentence


def unlink_file(chat: Chat, rest: str) -> None:
    chat.ask(f.UnlinkFile(chat.line, _file_id(chat, rest)))


def _file_id(chat: Chat, rest: str) -> str:
    if not rest:
        raise Mistyped("Which file? Name it by its id: FILES lists them")
    known = chat.model.files.find(rest)
    return known.file.id if known else first_word(rest)[0]


def transfers(chat: Chat, rest: str) -> None:
    found = chat.model.transfers.all
    for transfer in found:
        chat.info(line(transfer))
    if not found:
        chat.info("No file was sent or fetched. Type: SENDFILE nick-or-#channel path, or GET file-id")


def _changing(
    request: type[f.PauseTransfer | f.ResumeTransfer | f.CancelTransfer], word: str
) -> Callable[[Chat, str], None]:
    def change(chat: Chat, rest: str) -> None:
        open_ones = [each for each in chat.model.transfers.all if not each.over]
        number = rest.strip() or (str(open_ones[0].number) if len(open_ones) == 1 else "")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise Mistyped(f"Which transfer? Type: /{word} number. /transfers lists them")
        chat.ask(request(chat.line, int(number)))

    return change


pause = _changing(f.PauseTransfer, "pause")
resume = _changing(f.ResumeTransfer, "resume")
cancel = _changing(f.CancelTransfer, "cancel")
