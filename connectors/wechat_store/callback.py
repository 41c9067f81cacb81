"""WeChat Store's message push: safe mode with JSON, the only mode the platform offers here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdp.errors import Rejected, SignatureRejected
from cdp.ports import Callback, Mapped, Reply
from connectors.document import json_document
from connectors.outcome import Origin, Understood, outcomes
from connectors.wechat_crypto import WechatCipher, refusal
from connectors.wechat_store.events import understand
from connectors.wechat_store.options import WechatStoreOptions


class WechatStoreConnector:
    """The pushes of one store. A retry carries the same plaintext under another ciphertext, so ids come from it."""

    kind = "wechat-store"
    mapping = "1"

    def __init__(self, name: str, options: WechatStoreOptions, fingerprint: Callable[[bytes], bytes]):
        self.name = name
        self._appid = options.appid
        self._receivers = frozenset({options.appid})
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
            encrypted = _encrypted(callback)
        except Rejected:
            raise SignatureRejected(self.kind, "no envelope") from None
        if not self._cipher.is_signed(query.get("msg_signature", ""), timestamp, nonce, encrypted):
            raise SignatureRejected(self.kind, "wrong signature")
        try:
            self._cipher.open_for(self._receivers, encrypted)
        except Rejected as rejected:
            raise SignatureRejected(self.kind, refusal(rejected)) from None
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
        return self._cipher.open_for(self._receivers, _encrypted(callback))


def _encrypted(callback: Callback) -> str:
    return json_document(callback.body).text("Encrypt")
