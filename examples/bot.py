"""A bot: says pong to !ping, wherever it hears it. Ctrl+C ends it, and so does the end of its server.

.venv/bin/python examples/bot.py [HOST [PORT]]    (in the project's folder, once any command of run.py has run)

This is for the server on this machine, or one that is open to all. Elsewhere it takes an account (at the server's
console: accounts make NAME) and the server's key: Client(host, port, nick=..., account=..., password=..., pin=...).
"""

import sys
from contextlib import suppress

from natterjack.client import Client, ClientError, RequestRefused

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 7667

try:
    with suppress(KeyboardInterrupt), Client(host, port, nick="pingbot") as chat:
        for message in chat:
            if message.text == "!ping":
                with suppress(RequestRefused):  # whoever asked may have left
                    chat.send(message.reply_to, "pong")
except ClientError as error:
    sys.exit(f"pingbot: {error}")
