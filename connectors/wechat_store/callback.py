"""WeChat Store's message push: safe mode with JSON, the only mode the platform offers here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdp.errors import Rejected, SignatureRejected
from cdp.ports import Callback, Mapped, Reply
from connectors.document import json_document
from connectors.outcome import Origin, Understood, outcomes
from connectors.wechat_crypto import WechatCipher
from connectors.wechat_store.events import understand
from connectors.wechat_store.options import WechatStoreOptions


class WechatStoreConnector:
    """The pushes of one store. A retry carries the same plaintext under another ciphertext, so ids come from it."""

    kind = "wechat-store"
    mapping = "1"

    def __init__(self, name: str, options: WechatStoreOptions, fingerprint: Callable[[bytes], bytes]):
        self.name = name
        self._appid = options.appid
        self._cipher = WechatCipher(options.token, options.aes_key)
        self._fingerprint = fingerprint

    def verify(self, callback: Callback) -> Reply:
        """A GET is signed by `signature` and answered with its plain echostr; a POST by `msg_signature`."""
        query = callback.query
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if callback.method == "GET":
            if not self._cipher.is_signed(query.get("signature", ""), timestamp, nonce):
                raise SignatureRejected(self.kind, "wrong signature")
            return Reply(query.get("echostr", "").encode())
        try:
            encrypted = json_document(callback.body).text("Encrypt")
        except Rejected as rejected:
            raise SignatureRejected(self.kind, f"the body is no envelope: {rejected.path} {rejected.message}") from None
        if not self._cipher.is_signed(query.get("msg_signature", ""), timestamp, nonce, encrypted):
            raise SignatureRejected(self.kind, "wrong signature")
        try:
            self._open(encrypted)
        except Rejected as rejected:
            raise SignatureRejected(self.kind, rejected.message) from None
        return Reply(b"success")

    def map(self, callback: Callback) -> list[Mapped]:
        return outcomes(lambda: self._read(callback))

    def plaintext(self, callback: Callback) -> str:
        try:
            return self._plain(callback).decode(errors="replace")
        except Rejected:
            return ""

    def _read(self, callback: Callback) -> tuple[Origin, Iterable[Understood]]:
        plain = self._plain(callback)
        origin = Origin(f"{self.kind}/{self.name}", self._fingerprint(plain).hex(), self.mapping)
        return origin, understand(json_document(plain), self._appid)

    def _plain(self, callback: Callback) -> bytes:
        return self._open(json_document(callback.body).text("Encrypt"))

    def _open(self, encrypted: str) -> bytes:
        opened = self._cipher.open(encrypted)
        if opened.receiver != self._appid:
            raise Rejected("decrypt", "encrypted for another receiver")
        return opened.message
