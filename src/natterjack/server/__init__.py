"""The server as a process: configuration, wiring, console, signals."""
