"""Trials: each tries one of the server's promises (docs/reliability.md), and says whether it holds.

A trial starts its own server, drives it with the parts of this package, and returns an `outcome.Outcome`:

    outcome    figures beside their bounds, as text and as Markdown
    command    `python3 -m bench trial NAME`: the table of trials and their options
    servers    natterjack as a trial wants it, looked at while it runs
    elsewhere  a network of its own, where clients come from other addresses than loopback
    pool       many connections in one process, opened without waiting
    company    clients in one channel, in a process of their own: talking, holding still, coming back
    garbage    streams that no honest client sends

To add a trial, write a module with its `run`, and a row in `command`.
"""
