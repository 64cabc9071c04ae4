"""A bot: says pong to !ping, wherever it hears it.

.venv/bin/python examples/bot.py [HOST [PORT]]    (in the project's folder, once any command of run.py has run)
"""

import sys
from contextlib import suppress

from natterjack.client import Client, RequestRefused

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 7667

with Client(host, port, nick="pingbot") as chat:
    for message in chat:
        if message.text == "!ping":
            with suppress(RequestRefused):  # whoever asked may have left
                chat.send(message.reply_to, "pong")
