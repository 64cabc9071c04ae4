"""Sockets: the loop, the listeners, the connections and what is spoken on them. Knows nothing of chat."""
