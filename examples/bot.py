"""A bot in ten lines: says pong to !ping, wherever it hears it.

python examples/bot.py [HOST [PORT]]
"""

import sys

from natterjack.client import Client

host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 7667

with Client(host, port, nick="pingbot") as chat:
    for message in chat:
        if message.text == "!ping":
            chat.send(message.reply_to, "pong")
