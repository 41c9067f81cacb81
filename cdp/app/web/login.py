"""Logging in to the pages: the password is an access key that may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cdp.app.keys import Keys, Scope
from cdp.app.web.pages import Reach


class KeyLogin:
    """Lets in whoever holds a key with the scope read, operate or admin; the name is for the visitor's browser alone."""

    def __init__(self, keys: Keys, directory: Path):
        self._keys = keys
        self._secret = _secret(directory / "session.key")

    @property
    def secret(self) -> bytes:
        """Signs session cookies; the same across restarts."""
        return self._secret

    def check(self, name: str, password: str) -> str | None:
        """The id of the key, if it may look."""
        key = self._keys.find(password)
        return key.id if key is not None and key.may("read") else None

    def holds(self, key: str) -> bool:
        """Whether the key with this id may still look."""
        return self._reaches(key, "read")

    def may(self, key: str, reach: Reach) -> bool:
        """Whether the key with this id may give orders, or see raw bodies."""
        return self._reaches(key, reach)

    def _reaches(self, key: str, scope: Scope) -> bool:
        return any(known.id == key and known.may(scope) for known in self._keys.all())


def _secret(path: Path) -> bytes:
    """32 random bytes, made once, readable by their owner alone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        made = secrets.token_bytes(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made)
        return made
