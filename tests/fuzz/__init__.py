"""Fuzzing: bytes without end against everything that takes in what others have made.

    .venv/bin/python -m tests.fuzz                           # what there is to try
    .venv/bin/python -m tests.fuzz wire proxyhead --seconds 60
    .venv/bin/python -m tests.fuzz all --seconds 60

A *target* takes any bytes and asserts what has to hold: nothing but the documented error, and where something can be
written out again, that it comes back as it was. :mod:`atheris` makes up the bytes, and is led by which lines of the
program they reach; it is a tool for this alone and belongs to no environment of ours. Without it the targets are
tried in the ordinary tests (``test_targets.py``), with a few hundred changed samples each.

    table      the targets by name
    parsers    those of plain functions
    chats      those of the core, of a client's session, and of the store's search
    __main__   the command
"""
