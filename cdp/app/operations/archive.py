"""What a backup is on disk: a zip file with a manifest that names every file by length and digest."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from cdp.errors import WorkspaceError

MANIFEST = "manifest.json"
LOG, VAULT, INBOX, ACCESS_KEYS, KEY = "log.sqlite", "vault.sqlite", "inbox.sqlite", "keys.json", "vault.key"
_KNOWN = frozenset({LOG, VAULT, INBOX, ACCESS_KEYS, KEY})
_FORMAT = 1
_CHUNK = 1 << 20
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, msgspec.MsgspecError
)  # fmt: skip
"""What reading a file may raise that is no archive, or a damaged one."""


class Contents(msgspec.Struct, frozen=True):
    """One file of the archive."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds."""

    format: int = _FORMAT
    workspace: str
    schema: int
    """The schema of the data directory it was made from."""
    made_at: str
    position: int
    """The last event of the log in it."""
    recorded_at: str
    files: dict[str, Contents]


def pack(target: Path, staging: Path, manifest: Manifest) -> None:
    """Write the archive, readable by its owner alone; whole or not at all. Raises OSError."""
    part = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
                for name in manifest.files:
                    archive.write(staging / name, name)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def contents(directory: Path) -> dict[str, Contents]:
    """Every file of ours in a directory, by name."""
    return {name: _contents(directory / name) for name in sorted(_KNOWN) if (directory / name).exists()}


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """An archive and its manifest. Raises WorkspaceError for what is no archive of ours, or of a newer version."""
    with ExitStack() as closing:
        try:
            archive = closing.enter_context(zipfile.ZipFile(file))
            manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
        except (OSError, *_UNREADABLE) as error:
            reason = getattr(error, "strerror", None) or f"{type(error).__name__}"
            raise WorkspaceError(
                f"{file} cannot be read as a backup ({reason}): give a file that `cdp backup` wrote"
            ) from None
        _require_ours(file, manifest.format, manifest.files)
        yield archive, manifest


def unpack(archive: zipfile.ZipFile, manifest: Manifest, into: Path) -> None:
    """Write the files into a directory, durably. Raises WorkspaceError when one is not what the manifest says."""
    for name, expected in manifest.files.items():
        descriptor = os.open(into / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with archive.open(name) as source, os.fdopen(descriptor, "wb") as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            sound = _contents(into / name) == expected
        except _UNREADABLE:
            sound = False
        if not sound:
            raise WorkspaceError(
                f"{name} in the backup is damaged: its digest is not the manifest's; use another backup"
            )


def _require_ours(file: Path, version: int, files: Mapping[str, Contents]) -> None:
    if version > _FORMAT:
        raise WorkspaceError(
            f"{file} has format {version}, this version reads {_FORMAT}: use the version that wrote it"
        )
    if strange := sorted(files.keys() - _KNOWN):
        raise WorkspaceError(f"{file} holds {strange[0]}, which no backup of ours does: use another backup")
    if missing := sorted({LOG, VAULT, INBOX} - files.keys()):
        raise WorkspaceError(f"{file} lacks {missing[0]}: use another backup")


def _contents(path: Path) -> Contents:
    with path.open("rb") as file:
        return Contents(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
