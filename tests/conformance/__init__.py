"""Natterjack under irctest, the conformance suite of others: https://github.com/progval/irctest.

The suite is not part of the project. ``python -m tests.conformance --irctest PATH`` runs it from a checkout and writes
docs/conformance.md; :mod:`.controller` is what starts a server for each of its tests.
"""
