"""What is typed may be meant for a message that is there: to answer it, or to change it."""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.chatting.past import clip
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.model import Conversation
from natterjack.client.model.items import Message

_CHANGES = "Change your message. Escape leaves it as it is."
_OVER = "{} meanwhile: what you wrote cannot change it. Escape drops it."


class Aim(Struct, frozen=True):
    """``message`` as it was when that was begun; ``changes``: it is to read ``text``, else it is answered."""

    message: Message
    changes: bool
    text: str = ""

    def why_over(self, there: Conversation) -> str:
        """Why the message cannot be changed any more as one began to; ``""``: it can."""
        now = there.message(self.message.msgid)
        if not self.changes or (now is not None and now.text == self.message.text and now.redacted is None):
            return ""
        if now is None:
            return _OVER.format("That message has gone from here")
        what = "changed elsewhere" if now.redacted is None else "deleted"
        return _OVER.format(f"That message was {what}")

    def words(self, there: Conversation) -> str:
        """For the person, above what he types."""
        if self.changes:
            return self.why_over(there) or _CHANGES
        return f"Reply to {harmless(self.message.nick)}: {clip(harmless(self.message.text))}"
