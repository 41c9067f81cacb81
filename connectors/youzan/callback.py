"""Youzan's pushes: the signature over the raw bytes, and the way to touchpoints."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from urllib.parse import unquote_plus

from cdp.errors import Rejected, SignatureRejected
from cdp.ports import Callback, Mapped, Reply
from connectors.document import json_document
from connectors.outcome import Origin, Understood, outcomes
from connectors.youzan.events import understand
from connectors.youzan.options import YouzanOptions


class YouzanConnector:
    """The pushes of one Youzan application. A retry keeps its `msg_id`, which is the id."""

    kind = "youzan"
    mapping = "1"

    def __init__(self, name: str, options: YouzanOptions, fingerprint: Callable[[bytes], bytes]):
        self.name = name
        self._options = options
        self._fingerprint = fingerprint

    def verify(self, callback: Callback) -> Reply:
        """The push signs client id, raw body and secret; no time is in it, so an old push can be played again."""
        signature = callback.headers.get("event-sign", "").lower()
        if callback.method != "POST" or not signature:
            raise SignatureRejected(self.kind, "no signature")
        expected = event_sign(self._options.client_id, callback.body, self._options.client_secret)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise SignatureRejected(self.kind, "wrong signature", path="$.headers.event-sign")
        return Reply(b'{"code":0,"msg":"success"}', "application/json")

    def map(self, callback: Callback) -> list[Mapped]:
        return outcomes(lambda: self._read(callback))

    def plaintext(self, callback: Callback) -> str:
        """The body with the message inside it readable: identifiers are found only there."""
        body = callback.body.decode(errors="replace")
        try:
            inside = json_document(callback.body).fields.get("msg")
        except Rejected:
            return body
        return f"{body}\n{unquote_plus(inside)}" if isinstance(inside, str) else body

    def _read(self, callback: Callback) -> tuple[Origin, Iterable[Understood]]:
        envelope = json_document(callback.body)
        origin = Origin(f"{self.kind}/{self.name}", envelope.text("msg_id"), self.mapping)
        return origin, understand(envelope, self._options)


def event_sign(client_id: str, body: bytes, client_secret: str) -> str:
    """The Event-Sign header of a push: MD5 over client id, raw body and secret, in lower-case hex."""
    return hashlib.md5(client_id.encode() + body + client_secret.encode()).hexdigest()
