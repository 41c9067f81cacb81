"""WeChat Store's message push: safe mode with JSON, the only mode the platform offers here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdp.errors import SignatureRejected
from cdp.ports import Callback, Reply
from connectors.document import json_document
from connectors.outcome import Understood
from connectors.sealed_callback import SealedCallbacks
from connectors.wechat_crypto import WechatCipher
from connectors.wechat_store.events import understand
from connectors.wechat_store.options import WechatStoreOptions


class WechatStoreConnector(SealedCallbacks):
    """The pushes of one store."""

    kind = "wechat-store"
    mapping = "1"

    def __init__(self, name: str, options: WechatStoreOptions, fingerprint: Callable[[bytes], bytes]):
        super().__init__(name, WechatCipher(options.token, options.aes_key), {options.appid}, fingerprint)
        self._appid = options.appid

    def verify(self, callback: Callback) -> Reply:
        """A GET is signed by `signature` and answered with its plain echostr; a POST by `msg_signature`."""
        if callback.method == "GET":
            if not self._is_signed(callback, "signature"):
                raise SignatureRejected(self.kind, "wrong signature", path="$.query.signature")
            return Reply(callback.query.get("echostr", "").encode())
        self._proved(callback)
        return Reply(b"success")

    def _encrypted(self, callback: Callback) -> str:
        return json_document(callback.body).text("Encrypt")

    def _understand(self, plain: bytes) -> Iterable[Understood]:
        return understand(json_document(plain), self._appid)
