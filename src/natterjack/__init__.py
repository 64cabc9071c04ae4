"""Natterjack: a self-hosted chat that speaks IRC, in plain Python on sockets."""

__version__ = "1.0.0"
