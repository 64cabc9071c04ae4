"""Lays rows out: each kind of them as people know it from other chats."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPixmap, QTextLayout

from natterjack.client.chatting.sanitise import harmless, harmless_lines
from natterjack.client.events import Kind
from natterjack.client.model import Conversation
from natterjack.client.model.items import Message
from natterjack.client.transfers.values import State as Moving
from natterjack.client.transfers.values import Transfer
from natterjack.client.view.links import find_links
from natterjack.client.view.rows import Day, Happened, New, Row, Said, Told
from natterjack.desktop import icons
from natterjack.desktop.avatars import avatar
from natterjack.desktop.messages.blocks import Block, Box, Hit, Picture, Text
from natterjack.desktop.messages.style import Style, day_words
from natterjack.desktop.messages.texts import lay, length16, marked, natural_width, place16
from natterjack.desktop.sending import Pending, State
from natterjack.proto.casemap import fold
from natterjack.proto.sizes import in_words

#: Links that only lead on after it was asked.
_OTHER = re.compile(r"(?<![\w/])(?!https?:)[a-z][a-z0-9+.-]{1,20}://[^\s<>\"]+", re.IGNORECASE)
#: A message of nothing but so many emoji is shown large.
_FEW_EMOJI: Final = 3
_EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    "|[\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?)(?:\u200d[^ ]+)?"
)
#: The nick stands first, whatever the direction of its letters.
_LTR: Final = "\u200e"
#: Characters of a quotation.
_QUOTE: Final = 160

TransferOf = Callable[[str], Transfer | None]
ThumbnailOf = Callable[[str], QPixmap | None]


class Layer:
    """``conversation`` is what the rows are of; ``nick`` our own, ``found`` what was searched for, ``""`` for nothing.

    ``transfer_of`` tells the transfer of a file's id, ``thumbnail_of`` the picture in a file of this computer.
    """

    def __init__(self, style: Style, transfer_of: TransferOf, thumbnail_of: ThumbnailOf) -> None:
        self.style = style
        self.width = 400.0
        self.conversation = Conversation("")
        self.nick = ""
        self.found = ""
        self._transfer_of = transfer_of
        self._thumbnail_of = thumbnail_of

    def block(self, row: Row | Pending) -> Block:
        """``row``, laid out."""
        match row:
            case Said(item=item, first=first):
                return self._said(item, first=first)
            case Day(date=day):
                return self._day(day_words(day))
            case New():
                return self._new()
            case Happened(text=text):
                return self._happened(text)
            case Told(item=item):
                return self._told(item.text, error=item.error)
            case Pending():
                return self._pending(row)
        raise TypeError(f"{row!r} is laid out by nobody")

    @property
    def _room(self) -> float:
        return max(80.0, self.width - self.style.left - self.style.right)

    # -- lines between messages ------------------------------------------------------------------------------------

    def _day(self, words: str) -> Block:
        style, theme = self.style, self.style.theme
        block = Block()
        layout, height = lay(words, style.small_bold, self.width)
        block.height = style.px(44)
        middle = block.height / 2
        width = natural_width(layout)
        left = (self.width - width) / 2
        gap = style.px(14)
        for start, end in ((style.pad, left - gap), (left + width + gap, self.width - style.pad)):
            if end > start:
                block.pieces.append(Box(QRectF(start, middle, end - start, 1), 0, theme.line))
        block.pieces.append(Text(layout, left, middle - height / 2, theme.dim))
        block.words = words
        return block

    def _new(self) -> Block:
        style, theme = self.style, self.style.theme
        block = Block()
        layout, height = lay("New", style.small_bold, self.width)
        block.height = style.px(26)
        middle = block.height / 2
        width = natural_width(layout)
        left = self.width - style.pad - width
        block.pieces.append(Box(QRectF(style.pad, middle, left - style.pad - style.px(10), 1), 0, theme.new))
        block.pieces.append(Text(layout, left, middle - height / 2, theme.new))
        block.words = "New messages"
        return block

    def _happened(self, text: str) -> Block:
        style, theme = self.style, self.style.theme
        block = Block()
        shown = harmless(text)
        top = style.px(3)
        layout, height = self._text(block, shown, style.small, self._room, style.left, top)
        size = style.px(15)
        block.pieces.append(
            self._icon("join", style.left - style.px(14) - size, _beside(layout, top, size), size)
        )
        block.pieces.append(Text(layout, style.left, top, theme.dim))
        block.body, block.body_at = layout, QPointF(style.left, top)
        block.height = top + height + style.px(3)
        block.words = shown
        return block

    def _told(self, text: str, *, error: bool) -> Block:
        style, theme = self.style, self.style.theme
        block = Block()
        shown = harmless(text)
        layout, height = self._text(block, shown, style.small, self._room, style.left, style.px(3))
        block.pieces.append(Text(layout, style.left, style.px(3), theme.danger if error else theme.dim))
        size = style.px(17)
        colour = theme.danger if error else theme.faint
        name = "warning" if error else "info"
        top = _beside(layout, style.px(3), size)
        block.pieces.append(self._icon(name, style.left - style.px(14) - size, top, size, colour))
        block.body, block.body_at = layout, QPointF(style.left, style.px(3))
        block.height = height + style.px(6)
        block.words = f"{'Problem' if error else 'Note'}: {shown}"
        return block

    # -- messages --------------------------------------------------------------------------------------------------

    def _said(self, item: Message, *, first: bool) -> Block:
        style, theme = self.style, self.style.theme
        block = Block()
        action = item.kind is Kind.ACTION
        top = float(style.px(10 if first else 2))
        least = 0.0
        if first and not action:
            if item.reply_to:
                top = self._quote(block, item, top)
            least = top + style.px(3) + style.avatar
            top = self._head(block, item, top)
        elif action:
            if item.reply_to:
                top = self._quote(block, item, top)
            size = style.px(22)
            picture = avatar(item.nick, size, theme.dark, style.ratio)
            block.pieces.append(Picture(picture, style.left - style.px(14) - size, top - style.px(1)))
        top = self._body(block, item, top, action=action)
        if item.file is not None and item.redacted is None:
            top = self._file(block, item, top + style.px(4))
        if item.reactions:
            top = self._reactions(block, item, top + style.px(4))
        block.height = max(least, top) + style.px(3)
        if item.mention and not self.conversation.is_private:
            block.ground, block.marks = theme.mention, theme.mention_bar
        return block

    def _head(self, block: Block, item: Message, top: float) -> float:
        """Avatar, nick and time."""
        style, theme = self.style, self.style.theme
        picture = avatar(item.nick, style.avatar, theme.dark, style.ratio)
        block.pieces.append(Picture(picture, style.pad, top + style.px(2)))
        name, height = lay(harmless(item.nick), style.nick, self._room, most_lines=1)
        block.pieces.append(Text(name, style.left, top, theme.nick(item.nick)))
        for rect in (
            QRectF(style.pad, top + style.px(2), style.avatar, style.avatar),
            QRectF(style.left, top, natural_width(name), height),
        ):
            block.hits.append(Hit(rect, "nick", item.nick))
        after = style.left + natural_width(name) + style.px(8)
        if item.kind is Kind.NOTICE:
            after = self._label(block, "notice", after, top, height)
        moment, small = lay(style.time(item.time), style.tiny, self._room, most_lines=1)
        shift = style.nick_metrics.ascent() - style.tiny_metrics.ascent()
        spare = (height - style.nick_metrics.height()) / 2 - (small - style.tiny_metrics.height()) / 2
        block.pieces.append(Text(moment, after, top + shift + spare, theme.faint))
        return top + height

    def _label(self, block: Block, words: str, x: float, top: float, height: float) -> float:
        style, theme = self.style, self.style.theme
        layout, high = lay(words, style.tiny, self._room)
        width = natural_width(layout) + style.px(10)
        block.pieces.append(Box(QRectF(x, top + (height - high) / 2, width, high), high / 2, theme.chip))
        block.pieces.append(Text(layout, x + style.px(5), top + (height - high) / 2, theme.dim))
        return x + width + style.px(8)

    def _quote(self, block: Block, item: Message, top: float) -> float:
        """What ``item`` answers, in one line."""
        style, theme = self.style, self.style.theme
        asked = self.conversation.message(item.reply_to)
        if asked is None:
            nick, words = "", "Something said earlier"
        else:
            nick = harmless(asked.nick)
            words = "message deleted" if asked.redacted is not None else harmless(asked.text)[:_QUOTE]
        line = f"{_LTR}{nick}  {words}" if nick else words
        metrics = QFontMetricsF(style.small)
        room = self._room - style.px(14)
        name = length16(nick)
        line = metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
        formats = (
            [marked(1, min(name, length16(line) - 1), colour=theme.nick(asked.nick), font=style.small_bold)]
            if asked
            else []
        )
        layout, height = lay(line, style.small, room + 40, formats, most_lines=1)
        bar = QRectF(style.left, top + height * 0.12, style.px(3), height * 0.76)
        block.pieces.append(Box(bar, style.px(1.5), theme.edge))
        block.pieces.append(Text(layout, style.left + style.px(12), top, theme.dim))
        rect = QRectF(style.left, top, natural_width(layout) + style.px(14), height)
        block.hits.append(Hit(rect, "quote", item.reply_to, "Show what this answers"))
        return top + height + style.px(2)

    def _body(self, block: Block, item: Message, top: float, *, action: bool) -> float:
        style, theme = self.style, self.style.theme
        if item.redacted is not None:
            who, why = item.redacted
            by = f" by {who}" if who and fold(who) != fold(item.nick) else ""
            text = harmless(f"Message deleted{by}{f': {why}' if why else ''}")
            layout, height = lay(text, style.italic, self._room)
            block.pieces.append(Text(layout, style.left, top, theme.faint))
            block.words = f"{harmless(item.nick)}, {style.time(item.time)}: {text}"
            return top + height
        text = harmless_lines(item.text)
        if item.file is not None and item.file.name in item.text:
            text = ""  # the card says it
        asked = self.conversation.message(item.reply_to) if item.reply_to else None
        answers = f", to {harmless(asked.nick)}" if asked is not None else ""
        edited = ", edited" if item.edited else ""
        block.words = f"{harmless(item.nick)}{answers}, {style.time(item.time)}: {text}{edited}"
        if not text:
            return top
        shown = f"{harmless(item.nick)} {text}" if action else text
        if item.edited:
            shown += "  (edited)"
        formats = []
        if action:
            formats.append(
                marked(0, length16(harmless(item.nick)), colour=theme.nick(item.nick), font=style.nick)
            )
        if item.edited:
            start = length16(shown) - 8
            formats.append(marked(start, 8, colour=theme.faint, font=style.tiny))
        large = not action and _is_few_emoji(text)
        font = style.large if large else style.body
        layout, height = self._text(block, shown, font, self._room, style.left, top, formats)
        colour = theme.dim if item.kind is Kind.NOTICE else theme.text
        block.pieces.append(Text(layout, style.left, top, colour))
        block.body, block.body_at = layout, QPointF(style.left, top)
        return top + height

    def _reactions(self, block: Block, item: Message, top: float) -> float:
        style, theme = self.style, self.style.theme
        count = len(item.reactions)
        block.words += ", 1 reaction" if count == 1 else f", {count} reactions"
        x = float(style.left)
        high = float(style.px(24))
        for text, nicks in item.tally.items():
            mine = any(fold(nick) == fold(self.nick) for nick in nicks)
            layout, height = lay(f"{harmless(text)[:32]} {len(nicks)}", style.small, self._room, most_lines=1)
            width = natural_width(layout) + style.px(16)
            if x + width > style.left + self._room and x > style.left:
                x, top = float(style.left), top + high + style.px(4)
            rect = QRectF(x + 0.5, top + 0.5, width, high)
            fill = theme.chip_own if mine else theme.chip
            block.pieces.append(Box(rect, high / 2, fill, theme.accent if mine else theme.line))
            block.pieces.append(Text(layout, x + style.px(8), top + (high - height) / 2, theme.text))
            names = ", ".join(nicks[:12]) + (f" and {len(nicks) - 12} more" if len(nicks) > 12 else "")
            block.hits.append(Hit(rect, "reaction", text, harmless(names)))
            x += width + style.px(6)
        return top + high

    def _file(self, block: Block, item: Message, top: float) -> float:
        """A card with the file's name and size, and what can be done with it; a picture that is here is shown."""
        style, theme = self.style, self.style.theme
        file = item.file
        assert file is not None
        block.stale = True
        transfer = self._transfer_of(file.id)
        path = transfer.path if transfer is not None and transfer.state is Moving.DONE else ""
        if path and not Path(path).exists():
            transfer, path = None, ""  # it was pasted, or moved: it can be fetched
        thumbnail = self._thumbnail_of(path) if path else None
        if thumbnail is not None:
            size = thumbnail.deviceIndependentSize()
            if size.width() > self._room:
                ratio = thumbnail.devicePixelRatio()
                pixels = max(1, int(self._room * ratio))
                thumbnail = thumbnail.scaledToWidth(pixels, Qt.TransformationMode.SmoothTransformation)
                size = thumbnail.deviceIndependentSize()
            block.pieces.append(Picture(thumbnail, style.left, top))
            rect = QRectF(style.left, top, size.width(), size.height())
            block.pieces.append(Box(rect, 0, QColor(0, 0, 0, 0), theme.line))
            block.hits.append(Hit(rect, "open-file", path, f"Open {harmless(file.name)}"))
            block.words += f" Picture {file.name}"
            return top + size.height()
        high = float(style.px(56))
        wide = min(self._room, float(style.px(380)))
        rect = QRectF(style.left + 0.5, top + 0.5, wide, high)
        block.pieces.append(Box(rect, style.px(8), theme.raised, theme.line))
        size_of_icon = style.px(26)
        block.pieces.append(
            self._icon(
                "file", style.left + style.px(14), top + (high - size_of_icon) / 2, size_of_icon, theme.accent
            )
        )
        what, words = _file_state(transfer)
        button, height = lay(words, style.small_bold, wide)
        width = natural_width(button)
        x = style.left + wide - width - style.px(16)
        link = theme.accent if what else theme.dim
        block.pieces.append(Text(button, x, top + (high - height) / 2, link))
        text_x = style.left + style.px(52)
        room = x - text_x - style.px(10)
        name = _elided(harmless(file.name), style.nick, room)
        layout, height = lay(name, style.nick, room + 40, most_lines=1)
        block.pieces.append(Text(layout, text_x, top + style.px(8), theme.text))
        layout, _ = lay(in_words(file.size), style.small, room, most_lines=1)
        block.pieces.append(Text(layout, text_x, top + style.px(8) + height, theme.dim))
        if what:
            value = path if what == "open-file" else file.id
            block.hits.append(Hit(rect, what, value, f"{words} {harmless(file.name)}"))
        block.words += f" File {file.name}, {in_words(file.size)}"
        return top + high + 1

    def _pending(self, pending: Pending) -> Block:
        style, theme = self.style, self.style.theme
        block = Block()
        failed = pending.state is State.FAILED
        top = float(style.px(4))
        shown = harmless_lines(pending.text)
        layout, height = lay(shown, style.body, self._room)
        block.pieces.append(Text(layout, style.left, top, theme.text if failed else theme.faint))
        block.body, block.body_at = layout, QPointF(style.left, top)
        size = style.px(15)
        name = "warning" if failed else "clock"
        colour = theme.danger if failed else theme.faint
        beside = _beside(layout, top, size)
        block.pieces.append(self._icon(name, style.left - style.px(14) - size, beside, size, colour))
        top += height
        state = {State.SENDING: "", State.WAITING: "Waits for the connection"}.get(pending.state, "")
        if failed:
            state = f"Not sent: {harmless(pending.why)}"
        if state:
            line, height = lay(state, style.small, self._room)
            block.pieces.append(Text(line, style.left, top, theme.danger if failed else theme.faint))
            top += height
        if failed:
            x = float(style.left)
            for words, what in (("Retry", "retry"), ("Discard", "discard")):
                line, height = lay(words, style.small_bold, self._room)
                block.pieces.append(Text(line, x, top, theme.link))
                rect = QRectF(x, top, natural_width(line), height)
                block.hits.append(Hit(rect, what, pending.key, ""))
                x += natural_width(line) + style.px(16)
            top += height
        block.height = top + style.px(4)
        block.words = f"You, {pending.state.value}: {shown}"
        if failed:
            block.words += f". {state}"
        return block

    # -- parts -----------------------------------------------------------------------------------------------------

    def _icon(self, name: str, x: float, y: float, size: int, colour: QColor | None = None) -> Picture:
        colour = colour or self.style.theme.faint
        return Picture(icons.pixmap(name, size, colour.rgba(), self.style.ratio), x, y)

    def _marks(self, text: str) -> list[QTextLayout.FormatRange]:
        """Where ``text`` has what was searched for."""
        if not self.found:
            return []
        return [
            marked(place16(text, hit.start()), length16(hit[0]), behind=self.style.theme.found)
            for hit in re.finditer(re.escape(self.found), text, re.IGNORECASE)
        ]

    def _text(
        self,
        block: Block,
        text: str,
        font: QFont,
        width: float,
        x: float,
        y: float,
        formats: list[QTextLayout.FormatRange] | None = None,
    ) -> tuple[QTextLayout, float]:
        """``text`` with links that can be pressed."""
        theme = self.style.theme
        links = [(each.start, each.end, each.url, "link") for each in find_links(text)]
        if "://" in text:
            links += [(hit.start(), hit.end(), hit[0], "other-link") for hit in _OTHER.finditer(text)]
        formats = [*(formats or []), *self._marks(text)]
        formats += [
            marked(place16(text, start), length16(text[start:end]), colour=theme.link, underline=True)
            for start, end, _, _ in links
        ]
        layout, height = lay(text, font, width, formats)
        for start, end, url, what in links:
            for rect in _rects(layout, place16(text, start), place16(text, end)):
                block.hits.append(Hit(rect.translated(x, y), what, url, url))
        return layout, height


def _beside(layout: QTextLayout, top: float, size: int) -> float:
    """Where a picture of that ``size`` begins, beside the first line of a text that begins at ``top``."""
    return top + (layout.lineAt(0).height() * 1.2 - size) / 2 if layout.lineCount() else top


def _rects(layout: QTextLayout, start: int, end: int) -> list[QRectF]:
    """Where a part of a text stands, a rectangle for each line."""
    found = []
    for number in range(layout.lineCount()):
        line = layout.lineAt(number)
        first, last = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
        if first < last:
            left, right = _x(line.cursorToX(first)), _x(line.cursorToX(last))
            found.append(QRectF(min(left, right), line.y(), abs(right - left), line.height()))
    return found


def _x(found: object) -> float:
    """PySide6 answers with the place too."""
    return float(found[0]) if isinstance(found, tuple) else float(found)  # type: ignore[arg-type]


def _elided(text: str, font: QFont, room: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideMiddle, room)


def _is_few_emoji(text: str) -> bool:
    if len(text) > 12:
        return False
    left = _EMOJI.sub("", text)
    return not left.strip() and 0 < len(_EMOJI.findall(text)) <= _FEW_EMOJI


def _file_state(transfer: Transfer | None) -> tuple[str, str]:
    """What can be done with a file, and how that is called."""
    if transfer is None or transfer.state in (Moving.CANCELLED, Moving.FAILED):
        return "fetch", "Download"
    if transfer.state is Moving.DONE:
        return "open-file", "Open"
    if transfer.size > 0:
        return "", f"{transfer.done * 100 // transfer.size} %"
    return "", "Waiting"
