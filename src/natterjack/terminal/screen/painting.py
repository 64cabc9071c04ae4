"""Rows as lines of a screen. What is made is kept until the width changes: most of a screen is what it was before."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from natterjack.client.chatting.past import clip
from natterjack.client.events import Kind
from natterjack.client.model.conversations import Conversation
from natterjack.client.model.items import Message, Waiting
from natterjack.client.transfers.values import FileInfo
from natterjack.client.view.links import find_links
from natterjack.client.view.rows import Day, Happened, New, Row, Said, Told
from natterjack.proto.sizes import in_words
from natterjack.terminal.screen.cells import Line, Piece, cut, fit, shown, shown_lines, width, wrap
from natterjack.terminal.screen.output import Links
from natterjack.terminal.screen.themes import Theme

#: From this width on, nicks have a column of their own.
_WIDE = 60
_NICKS = 12
#: Rows whose lines are kept.
_MOST_KEPT = 3000

IsMe = Callable[[str], bool]


class Painter:
    """``seconds``: times show them. ``is_me`` tells our nick."""

    def __init__(self, theme: Theme, links: Links, is_me: IsMe, *, seconds: bool) -> None:
        self._theme = theme
        self._links = links
        self._is_me = is_me
        self._clock = "%H:%M:%S" if seconds else "%H:%M"
        self._clock_width = 8 if seconds else 5
        self._columns = 80
        self._found: tuple[str, ...] = ()
        self._chosen = ""
        self._kept: dict[int, tuple[Row, list[Line]]] = {}

    def begin(self, columns: int, found: tuple[str, ...], chosen: str) -> None:
        """What follows is for so many columns, with ``found`` marked wherever it stands, and the message ``chosen``."""
        if (columns, found, chosen) != (self._columns, self._found, self._chosen):
            self._columns, self._found, self._chosen = columns, found, chosen
            self._kept.clear()

    def forget(self) -> None:
        """Something that is shown already has changed."""
        self._kept.clear()

    def lines(self, row: Row, conversation: Conversation) -> list[Line]:
        """At least one."""
        kept = self._kept.get(id(row))
        if kept is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            kept = self._kept[id(row)] = (row, self._paint(row, conversation))
        return kept[1]

    def waiting(self, waiting: Waiting, nick: str) -> list[Line]:
        """A message of ours that is not there yet."""
        sign = "…" if waiting.sent else "wait"
        return self._under(
            ("class:dim", fit(sign, self._clock_width)),
            ("class:dim", nick),
            [("class:dim", shown_lines(waiting.text))],
        )

    # -- rows ------------------------------------------------------------------------------------------------------

    def _paint(self, row: Row, conversation: Conversation) -> list[Line]:
        match row:
            case Day(date=date):
                return [self._rule("class:day", f"{date:%A}, {date.day} {date:%B %Y}")]
            case New():
                return [self._rule("class:new", "new")]
            case Told(item=item):
                style = "class:error" if item.error else "class:note"
                return self._under(None, None, self._text(item.text, style))
            case Happened(items=items, text=text):
                moment: Piece = ("class:dim", self._time(items[0].time))
                return self._under(moment, None, self._text(f"-- {text}", "class:dim"))
            case Said(item=item, first=first):
                return self._said(item, conversation, first=first)
        raise TypeError(f"{row!r} is painted by nobody")

    def _said(self, item: Message, conversation: Conversation, *, first: bool) -> list[Line]:
        style = "class:own" if item.own or self._is_me(item.nick) else self._theme.nick(item.nick)
        moment: Piece = ("class:dim", self._time(item.time))
        body = self._body(item, style)
        nick: Piece | None = (style, shown(item.nick)) if item.kind is not Kind.ACTION else None
        if item.kind is Kind.NOTICE and nick:
            nick = (style, f"{nick[1]}!")
        lines = self._under(moment if first else None, nick if first else None, body)
        if item.reply_to:
            quote = cut(self._quote(item, conversation), self._columns - self._indent)
            lines = [*self._under(None, None, [("class:dim", quote)]), *lines]
        if item.reactions:
            tally = "  ".join(f"{shown(text)} {len(who)}" for text, who in item.tally.items())
            lines += self._under(None, None, [("class:dim", f"[{tally}]")])
        if self._chosen and item.msgid == self._chosen:
            lines = [[(f"{style} class:chosen", text) for style, text in self._whole(line)] for line in lines]
        return lines

    def _whole(self, line: Line) -> Line:
        return [*line, ("", " " * (self._columns - 1 - sum(width(text) for _, text in line)))]

    def _body(self, item: Message, nick: str) -> Line:
        if item.redacted is not None:
            who, why = item.redacted
            by = f" by {who}" if who and who != item.nick else ""
            return [("class:dim", shown(f"(taken back{by}{f': {why}' if why else ''})"))]
        body: Line = [(nick, f"* {shown(item.nick)} ")] if item.kind is Kind.ACTION else []
        if item.file is not None and not item.edited:
            return [*body, *self._file(item, item.file)]
        body += self._text(item.text, "class:mention" if item.mention else "")
        return [*body, ("class:dim", " (changed)")] if item.edited else body

    def _file(self, item: Message, file: FileInfo) -> Line:
        """Its name, which leads to its link, if it has one, and how to fetch it."""
        words = shown(f"{file.name} ({in_words(file.size)})")
        links = find_links(item.text)
        name = self._links.marked(words, links[-1].url) if links and not self._found else words
        line: Line = [("class:link", name)] if links and not self._found else self._marked(words, "")
        wanted = file.name if shown(file.name) == file.name else file.id  # what is shown can be typed
        return [*line, ("class:dim", f"  GET {wanted}")]

    def _quote(self, item: Message, conversation: Conversation) -> str:
        asked = conversation.message(item.reply_to)
        if asked is None:
            return "> something earlier"
        return (
            f"> {shown(asked.nick)}: {shown(clip(asked.text)) if asked.redacted is None else '(taken back)'}"
        )

    def _text(self, text: str, style: str) -> Line:
        """``text`` with its links, and what was searched for."""
        pieces: Line = []
        end = 0
        text = shown_lines(text)
        for link in find_links(text):
            pieces += self._marked(text[end : link.start], style)
            pieces.append((f"{style} class:link", self._links.marked(text[link.start : link.end], link.url)))
            end = link.end
        return pieces + self._marked(text[end:], style)

    def _marked(self, text: str, style: str) -> Line:
        if not self._found:
            return [(style, text)] if text else []
        wanted = "|".join(map(re.escape, self._found))
        parts = re.split(f"({wanted})", text, flags=re.IGNORECASE)
        return [
            (f"{style} class:found" if place % 2 else style, part) for place, part in enumerate(parts) if part
        ]

    # -- columns ---------------------------------------------------------------------------------------------------

    def _under(self, moment: Piece | None, nick: Piece | None, body: Line) -> list[Line]:
        """``body`` with time and nick before it, or room for them."""
        clock = self._clock_width
        start = moment or ("", " " * clock)
        if self._columns >= _WIDE:
            name = cut(nick[1], _NICKS) if nick else ""
            room = " " * (_NICKS - width(name))
            head: Line = [start, ("", f" {room}"), (nick[0] if nick else "", name), ("", "  ")]
        else:
            head = [start, ("", " ")]
            if nick:
                body = [(nick[0], f"{cut(nick[1], _NICKS)}:"), ("", " "), *body]
        lines = wrap(body, self._columns - self._indent)
        return [[*head, *lines[0]], *([("", " " * self._indent), *line] for line in lines[1:])]

    @property
    def _indent(self) -> int:
        """Columns before what is said."""
        return self._clock_width + (_NICKS + 3 if self._columns >= _WIDE else 1)

    def _rule(self, style: str, text: str) -> Line:
        sides = max(4, self._columns - width(text) - 2)
        left = sides // 2
        return [(style, cut(f"{'─' * left} {text} {'─' * (sides - left)}", self._columns))]

    def _time(self, seconds: float) -> str:
        return time.strftime(self._clock, time.localtime(seconds))
