"""The master key: 32 random bytes in a file that only its owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cdp.errors import WorkspaceError

KEY_FILE = "vault.key"
_LENGTH = 32


def read_key(path: Path) -> bytes:
    """The key in the file. Raises WorkspaceError if there is none or it is not a key."""
    try:
        key = path.read_bytes()
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be read ({error.strerror}): without it nothing in the vault opens; restore it from its backup"
        ) from None
    if len(key) != _LENGTH:
        raise WorkspaceError(f"{path} is not a vault key: it must hold {_LENGTH} bytes, restore it from its backup")
    return key


def make_key(path: Path) -> None:
    """Make the file unless there is one; whole or not at all, whatever happens meanwhile. Raises WorkspaceError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(_LENGTH))
            os.fsync(descriptor)
            # A link, unlike a rename, never replaces a key that somebody else has just made.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.close(descriptor)
            os.unlink(draft)
        _sync_directory(path.parent)
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written ({error.strerror}): make {path.parent} writable for this user"
        ) from None


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
