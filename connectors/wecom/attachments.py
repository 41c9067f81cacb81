"""What a message carries beside its text: links as they are, files of the workspace as uploaded media."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from cdp.clock import DAY, Clock
from cdp.errors import Rejected
from cdp.ports import Deferred, Refused
from connectors.wecom.answers import Answered, Silent
from connectors.wecom.client import WecomClient
from connectors.wecom.options import WecomOptions

MOST = 9
"""Attachments of one message."""
_KEPT = 5 * DAY // 2
"""Uploaded media lives three days; half a day before that it is uploaded again."""
_KINDS = {".jpg": "image", ".jpeg": "image", ".png": "image", ".mp4": "video"}


class Attachments:
    """Turns names into attachments; uploads a file once and uses it until it expires or changes."""

    def __init__(self, client: WecomClient, options: WecomOptions, clock: Clock):
        self._client = client
        self._links = options.links
        self._files = Path(options.files)
        self._clock = clock
        self._media: dict[tuple[str, int, int], tuple[str, int]] = {}

    def build(self, names: Sequence[str]) -> list[dict[str, Any]] | Deferred | Refused:
        """The attachments of a message in order, or why it cannot be sent (now)."""
        if len(names) > MOST:
            return Refused(0, f"{len(names)} attachments, more than {MOST}")
        built: list[dict[str, Any]] = []
        for name in names:
            one = self._one(name)
            if not isinstance(one, dict):
                return one
            built.append(one)
        return built

    def _one(self, name: str) -> dict[str, Any] | Deferred | Refused:
        address = self._links.get(name, name)
        if address.startswith(("http://", "https://")):
            return {"msgtype": "link", "link": {"title": _title(name), "url": address}}
        media = self._uploaded(name)
        if not isinstance(media, str):
            return media
        kind = _kind(name)
        return {"msgtype": kind, kind: {"media_id": media}}

    def _uploaded(self, name: str) -> str | Deferred | Refused:
        path = self._files / name
        try:
            if not path.resolve().is_relative_to(self._files.resolve()):
                return Refused(0, f"attachment {name!r} lies outside {self._files}")
            stat = path.stat()
            key = (name, stat.st_mtime_ns, stat.st_size)
            kept = self._media.get(key)
            if kept and self._clock.now() < kept[1]:
                return kept[0]
            content = path.read_bytes()
        except (OSError, ValueError):
            return Refused(0, f"attachment {name!r} is neither an address, nor in `links`, nor a file in {self._files}")
        return self._upload(name, content, key)

    def _upload(self, name: str, content: bytes, key: tuple[str, int, int]) -> str | Deferred | Refused:
        answer = self._client.upload(_kind(name), PurePosixPath(name).name, content)
        match answer:
            case Answered(document):
                try:
                    media = document.text("media_id")
                except Rejected as rejected:
                    return Deferred(0, f"media/upload: {rejected}")
                self._media[key] = (media, self._clock.now() + _KEPT)
                return media
            case Silent(message):
                return Deferred(0, message)  # Nobody got anything by an upload.
            case failure:
                return failure.outcome()


def _kind(name: str) -> str:
    return _KINDS.get(PurePosixPath(name).suffix.lower(), "file")


def _title(name: str) -> str:
    path = urlsplit(name).path if "://" in name else name
    return unquote(PurePosixPath(path).name) or name
