"""Finding what is wrong around a server: :mod:`.gather` looks, :mod:`.checks` judges, :mod:`.command` says.

Checks see :class:`~natterjack.server.doctor.facts.Facts` and nothing else, so that each can be tried on any of them.
"""
