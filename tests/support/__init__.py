"""What several tests need: a chat without sockets, a server as a process, and small judges of lines."""
