"""WeCom's callback mode: the handshake, the signature, the receiver, and the way to touchpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdp.errors import Rejected, SignatureRejected
from cdp.ports import Callback, Mapped, Reply
from connectors.document import Document, xml_document
from connectors.outcome import Origin, Understood, outcomes
from connectors.wechat_crypto import WechatCipher, refusal
from connectors.wecom.events import understand
from connectors.wecom.options import WecomOptions


class WecomConnector:
    """The callbacks of one WeCom account.

    A retry carries the same plaintext under another ciphertext and nonce, so ids come from the plaintext.
    """

    kind = "wecom"
    mapping = "1"

    def __init__(self, name: str, options: WecomOptions, fingerprint: Callable[[bytes], bytes]):
        self.name = name
        self._corp = options.corp_id
        self._receivers = frozenset({options.corp_id, options.suite_id} - {""})
        self._cipher = WechatCipher(options.token, options.aes_key)
        self._fingerprint = fingerprint

    def verify(self, callback: Callback) -> Reply:
        """Signature first, then key and receiver. A GET is answered with its decrypted echostr."""
        query = callback.query
        try:
            encrypted = self._encrypted(callback)
        except Rejected:
            raise SignatureRejected(self.kind, "no envelope") from None
        signature = query.get("msg_signature", "")
        if not self._cipher.is_signed(signature, query.get("timestamp", ""), query.get("nonce", ""), encrypted):
            raise SignatureRejected(self.kind, "wrong signature")
        try:
            message = self._cipher.open_for(self._receivers, encrypted)
        except Rejected as rejected:
            raise SignatureRejected(self.kind, refusal(rejected)) from None
        return Reply(message) if callback.method == "GET" else Reply(b"success")

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
        return origin, understand(xml_document(plain), self._corp)

    def _plain(self, callback: Callback) -> bytes:
        return self._cipher.open_for(self._receivers, self._encrypted(callback))

    def _encrypted(self, callback: Callback) -> str:
        if callback.method == "GET":
            # A "+" that was not percent-encoded arrives as a blank; Base64 has none.
            query = {"echostr": callback.query.get("echostr", "").replace(" ", "+")}
            return Document(query, "$.query").text("echostr")
        return xml_document(callback.body).text("Encrypt")
