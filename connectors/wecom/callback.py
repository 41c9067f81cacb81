"""WeCom's callback mode: the handshake, and the envelope in XML."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdp.ports import Callback, Reply
from connectors.document import Document, xml_document
from connectors.outcome import Understood
from connectors.sealed_callback import SealedCallbacks
from connectors.wechat_crypto import WechatCipher
from connectors.wecom.events import understand
from connectors.wecom.options import WecomOptions


class WecomConnector(SealedCallbacks):
    """The callbacks of one WeCom account."""

    kind = "wecom"
    mapping = "1"

    def __init__(self, name: str, options: WecomOptions, fingerprint: Callable[[bytes], bytes]):
        cipher = WechatCipher(options.token, options.aes_key)
        super().__init__(name, cipher, {options.corp_id, options.suite_id} - {""}, fingerprint)
        self._corp = options.corp_id

    def verify(self, callback: Callback) -> Reply:
        """Signature first, then key and receiver. A GET is answered with its decrypted echostr."""
        message = self._proved(callback)
        return Reply(message) if callback.method == "GET" else Reply(b"success")

    def _encrypted(self, callback: Callback) -> str:
        if callback.method == "GET":
            # A "+" that was not percent-encoded arrives as a blank; Base64 has none.
            query = {"echostr": callback.query.get("echostr", "").replace(" ", "+")}
            return Document(query, "$.query").text("echostr")
        return xml_document(callback.body).text("Encrypt")

    def _understand(self, plain: bytes) -> Iterable[Understood]:
        return understand(xml_document(plain), self._corp)
