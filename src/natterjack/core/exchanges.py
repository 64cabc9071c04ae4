"""Logins under way, each with its time: who begins one and does not go on is told so, and may begin again."""

from __future__ import annotations

from collections.abc import Container

from natterjack.core.state import Exchange, Session


class Exchanges:
    """Monotonic seconds."""

    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}  # those that may have one

    def begin(self, session: Session, mechanism: str, now: float, patience: float) -> None:
        """``session`` logs in by ``mechanism`` from ``now`` on, and has ``patience`` seconds for it."""
        session.sasl = Exchange(mechanism, now, patience)
        self._sessions[session.sid] = session

    def __bool__(self) -> bool:
        """Whether one may be under way."""
        return bool(self._sessions)

    def late(self, now: float, present: Container[int]) -> list[tuple[Session, Exchange]]:
        """Those of the sessions ``present`` whose time is up, and what they had begun.

        Who waits for us is not late: his last word may be what we work on.
        """
        if not self._sessions:
            return []
        self._sessions = {
            sid: session
            for sid, session in self._sessions.items()
            if session.sasl is not None and sid in present
        }
        return [
            (session, exchange)
            for session in self._sessions.values()
            if (exchange := session.sasl) is not None and exchange.deadline <= now and session.waiting is None
        ]
