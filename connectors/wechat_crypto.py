"""The cipher and signature that WeCom and the WeChat message push share.

A message is AES-256-CBC over `16 random bytes + length + message + receiver`, padded by PKCS#7 to 32 bytes (not to the
cipher's 16), and signed by SHA-1 over the sorted token, timestamp, nonce and ciphertext.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from cdp.errors import Rejected

BLOCK = 32
KEY_LENGTH = 43
"""Characters of an EncodingAESKey: 32 bytes in Base64 without the padding."""
_PREFIX = 16
_LENGTH = 4
_RECEIVER = "$.receiver"


@dataclass(frozen=True)
class Opened:
    """What stood inside a ciphertext: the message, and for whom it was encrypted."""

    message: bytes
    receiver: str


class WechatCipher:
    """Signs, checks, opens and seals for one token and one EncodingAESKey."""

    def __init__(self, token: str, encoding_aes_key: str):
        self._token = token
        self._key = _key_bytes(encoding_aes_key)

    def __repr__(self) -> str:
        return "WechatCipher(…)"

    def signature(self, timestamp: str, nonce: str, encrypted: str = "") -> str:
        """Lower-case SHA-1 of the sorted parts; without a ciphertext, the plain signature of the WeChat handshake."""
        parts = [self._token, timestamp, nonce, *([encrypted] if encrypted else [])]
        return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()

    def is_signed(self, signature: str, timestamp: str, nonce: str, encrypted: str = "") -> bool:
        """Whether `signature` is ours; takes the same time for every wrong one."""
        expected = self.signature(timestamp, nonce, encrypted)
        return hmac.compare_digest(expected.encode(), signature.encode())

    def open(self, encrypted: str) -> Opened:
        """The message inside a ciphertext. Raises Rejected (`decrypt`) for everything that `seal` never made."""
        return _unpack(self._decrypted(_ciphertext(encrypted)))

    def open_for(self, receivers: Collection[str], encrypted: str) -> bytes:
        """The message, if it is for one of these. Raises Rejected (`decrypt`), at `$.receiver` if it is for another."""
        opened = self.open(encrypted)
        if opened.receiver not in receivers:
            raise Rejected("decrypt", "encrypted for another receiver", _RECEIVER)
        return opened.message

    def seal(self, message: bytes, receiver: str, prefix: bytes) -> str:
        """The Base64 ciphertext of a message; `prefix` is 16 random bytes, so that equal messages look different."""
        if len(prefix) != _PREFIX:
            raise ValueError(f"the prefix has {len(prefix)} bytes, not {_PREFIX}")
        packed = prefix + len(message).to_bytes(_LENGTH, "big") + message + receiver.encode()
        pad = BLOCK - len(packed) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(packed + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def _decrypted(self, ciphertext: bytes) -> bytes:
        decryptor = self._cipher().decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def refusal(rejected: Rejected) -> str:
    """Why a signed ciphertext could not be opened, in one of two texts: refusals are counted by them."""
    return "another receiver" if rejected.path == _RECEIVER else "wrong key"


def is_key(text: str) -> bool:
    """Whether a text can be an EncodingAESKey."""
    try:
        _key_bytes(text)
    except ValueError:
        return False
    return True


def _key_bytes(encoding_aes_key: str) -> bytes:
    if len(encoding_aes_key) != KEY_LENGTH or not (encoding_aes_key.isascii() and encoding_aes_key.isalnum()):
        raise ValueError(f"an EncodingAESKey is {KEY_LENGTH} letters and digits")
    return base64.b64decode(encoding_aes_key + "=")


def _ciphertext(encrypted: str) -> bytes:
    try:
        ciphertext = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("decrypt", "the ciphertext is not Base64") from None
    if not ciphertext or len(ciphertext) % BLOCK:
        raise Rejected("decrypt", f"the ciphertext has {len(ciphertext)} bytes, not a multiple of {BLOCK}")
    return ciphertext


def _unpack(padded: bytes) -> Opened:
    pad = padded[-1]
    if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
        raise Rejected("decrypt", "the padding is not ours: wrong key?")
    packed = padded[:-pad]
    start = _PREFIX + _LENGTH
    length = int.from_bytes(packed[_PREFIX:start], "big")
    if len(packed) < start + length:
        raise Rejected("decrypt", f"the message says {length} bytes and has {max(0, len(packed) - start)}")
    try:
        receiver = packed[start + length :].decode()
    except UnicodeDecodeError:
        raise Rejected("decrypt", "the receiver is not text") from None
    return Opened(packed[start : start + length], receiver)
