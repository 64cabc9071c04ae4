"""The server's logic, pure: events in, effects out. No sockets, clocks, threads, randomness or databases."""
