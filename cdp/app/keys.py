"""Access keys of the HTTP interface: stored hashed, shown once, revocable.

A key is 32 random bytes, so one SHA-256 is enough to keep it unguessable from the file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from pathlib import Path
from typing import Literal, get_args

import msgspec

from cdp.errors import NotFound, WorkspaceError

Scope = Literal["write", "read", "operate", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_GRANTS: dict[str, frozenset[str]] = {
    "write": frozenset({"write"}),
    "read": frozenset({"read"}),
    "operate": frozenset({"read", "operate"}),
    "admin": frozenset(SCOPES),
}


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What the file keeps of a key."""

    id: str
    scope: Scope
    source: str
    """The `source` of events that come in under it and name none."""
    prefix: str
    digest: str
    created_at: int
    revoked_at: int | None = None

    def may(self, scope: Scope) -> bool:
        """Whether it grants what `scope` asks for. A write key reads nothing."""
        return self.revoked_at is None and scope in _GRANTS[self.scope]


class Keys:
    """The keys of a workspace, in `data/keys.json`; replaced atomically on every change."""

    def __init__(self, path: Path):
        """Read them. Raises WorkspaceError if the file is not ours."""
        self._path = path
        self._lock = threading.Lock()
        self._keys = _read(path) if path.exists() else []

    def create(self, scope: Scope, source: str, now: int) -> tuple[Key, str]:
        """A new key and its secret, which is not kept and cannot be shown again."""
        secret = f"cdp_{scope}_{secrets.token_urlsafe(32)}"
        key = Key(
            id=secrets.token_hex(4),
            scope=scope,
            source=source,
            prefix=secret[:14],
            digest=_digest(secret),
            created_at=now,
        )
        with self._lock:
            self._save([*self._keys, key])
        return key, secret

    def revoke(self, key_id: str, now: int) -> Key:
        """From now on the key opens nothing. Raises NotFound."""
        with self._lock:
            found = next((k for k in self._keys if k.id == key_id), None)
            if found is None:
                raise NotFound("key", key_id)
            revoked = msgspec.structs.replace(found, revoked_at=found.revoked_at or now)
            self._save([revoked if k.id == key_id else k for k in self._keys])
        return revoked

    def find(self, secret: str) -> Key | None:
        """The key behind a secret, if it was not revoked."""
        digest = _digest(secret).encode()
        # As bytes: a damaged file may hold digests that are no digests, which open nothing.
        return next(
            (k for k in self._keys if k.revoked_at is None and hmac.compare_digest(k.digest.encode(), digest)), None
        )

    def all(self) -> list[Key]:
        """All keys, revoked ones too, oldest first."""
        return list(self._keys)

    def _save(self, keys: list[Key]) -> None:
        temporary = self._path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(keys), indent=1))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        self._keys = keys


def _read(path: Path) -> list[Key]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Key])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise WorkspaceError(
            f"{path} cannot be read as access keys ({error}): restore it from a backup, "
            "or delete it and make new keys with `cdp key create`"
        ) from None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
