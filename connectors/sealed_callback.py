"""What the sealed callbacks of WeCom and of the WeChat message push have in common: proof first, then the way to touchpoints.

Both send the same ciphertext under the same signature; they differ in the envelope around it and in what stands inside.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable

from cdp.errors import Rejected, SignatureRejected
from cdp.ports import Callback, Mapped
from connectors.outcome import Origin, Understood, outcomes
from connectors.wechat_crypto import WechatCipher, refusal


class SealedCallbacks(ABC):
    """The callbacks of one account, as `Connector` wants them but for `verify`.

    A retry carries the same plaintext under another ciphertext and nonce, so ids come from the plaintext.
    """

    kind: str
    mapping: str

    def __init__(
        self, name: str, cipher: WechatCipher, receivers: Collection[str], fingerprint: Callable[[bytes], bytes]
    ):
        self.name = name
        self._cipher, self._receivers, self._fingerprint = cipher, frozenset(receivers), fingerprint

    def map(self, callback: Callback) -> list[Mapped]:
        return outcomes(lambda: self._read(callback))

    def plaintext(self, callback: Callback) -> str:
        try:
            return self._open(callback).decode(errors="replace")
        except Rejected:
            return ""

    @abstractmethod
    def _encrypted(self, callback: Callback) -> str:
        """The ciphertext in its envelope. Raises Rejected where there is none."""

    @abstractmethod
    def _understand(self, plain: bytes) -> Iterable[Understood]:
        """What the message says. Raises Rejected."""

    def _proved(self, callback: Callback) -> bytes:
        """The message inside, once signature, key and receiver are found to be right. Raises SignatureRejected."""
        try:
            encrypted = self._encrypted(callback)
        except Rejected:
            raise SignatureRejected(self.kind, "no envelope") from None
        if not self._is_signed(callback, "msg_signature", encrypted):
            raise SignatureRejected(self.kind, "wrong signature", path="$.query.msg_signature")
        try:
            return self._cipher.open_for(self._receivers, encrypted)
        except Rejected as rejected:
            raise SignatureRejected(self.kind, refusal(rejected), "decrypt", rejected.path) from None

    def _is_signed(self, callback: Callback, field: str, encrypted: str = "") -> bool:
        signature, timestamp, nonce = (callback.query.get(name, "") for name in (field, "timestamp", "nonce"))
        return self._cipher.is_signed(signature, timestamp, nonce, encrypted)

    def _read(self, callback: Callback) -> tuple[Origin, Iterable[Understood]]:
        plain = self._open(callback)
        origin = Origin(f"{self.kind}/{self.name}", self._fingerprint(plain).hex(), self.mapping)
        return origin, self._understand(plain)

    def _open(self, callback: Callback) -> bytes:
        return self._cipher.open_for(self._receivers, self._encrypted(callback))
