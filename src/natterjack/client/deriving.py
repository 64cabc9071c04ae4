"""Deriving a login's key from the password: up to a second of a processor, in a thread of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Thread

from natterjack.client.session.login import Derivation


def derive(task: Derivation, done: Callable[[bytes], object]) -> None:
    """Returns at once; ``done`` is called with the key, in the other thread. Other threads go on meanwhile."""

    def work() -> None:
        password = task.password.text.encode()
        done(hashlib.pbkdf2_hmac("sha256", password, task.salt, task.rounds))

    # a daemon: nobody who quits waits for a login
    Thread(target=work, name="natterjack-key", daemon=True).start()
