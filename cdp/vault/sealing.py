"""Keys derived from the master key, and what is encrypted under them. No I/O.

One master key gives four by HKDF-SHA256: for looking identifiers up, for sealing identifiers, for wrapping the keys of
surrogates, and for fingerprints. A sealed text is a 12-byte random nonce and what AES-256-GCM makes of it.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Sequence

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cdp.events.touchpoint import Identifier

_NONCE = 12
_KEY = 32
_DIGEST = 16


class Sealer:
    """Seals and opens under one key."""

    def __init__(self, key: bytes):
        self._cipher = AESGCM(key)

    def seal(self, texts: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Seal each (text, what it belongs to); it opens only together with the same belonging."""
        # One call for all nonces: each asks the operating system.
        nonces = os.urandom(_NONCE * len(texts))
        encrypt = self._cipher.encrypt
        sealed = []
        for number, (text, belonging) in enumerate(texts):
            nonce = nonces[number * _NONCE : number * _NONCE + _NONCE]
            sealed.append(nonce + encrypt(nonce, text, belonging))
        return sealed

    def open(self, sealed: bytes, belonging: bytes) -> bytes | None:
        """The text; None if it was sealed under another key, for another belonging, or was altered."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], belonging)
        except InvalidTag:
            return None


class Keys:
    """What is derived from one master key."""

    def __init__(self, master: bytes):
        self._lookup = _derive(master, b"lookup")
        self._fingerprint = _derive(master, b"fingerprint")
        self._check = _derive(master, b"check")
        self.identifiers = Sealer(_derive(master, b"identifiers"))
        self.wrapping = Sealer(_derive(master, b"wrapping"))

    def lookup(self, identifier: Identifier) -> bytes:
        """The 16 bytes under which an identifier is found; its role is no part of it."""
        text = f"{len(identifier.type)}:{identifier.type}{len(identifier.scope)}:{identifier.scope}{identifier.value}"
        return hmac.digest(self._lookup, text.encode(errors="surrogatepass"), "sha256")[:_DIGEST]

    def fingerprint(self, content: bytes) -> bytes:
        """16 bytes that tell equal content from different content, to nobody without the key more than that."""
        return hmac.digest(self._fingerprint, content, "sha256")[:_DIGEST]

    def check(self) -> bytes:
        """Tells whether a database was made under this key, without telling the key."""
        return hmac.digest(self._check, b"vault", "sha256")


def new_keys(count: int) -> list[bytes]:
    """Random keys for surrogates."""
    drawn = os.urandom(_KEY * count)
    return [drawn[start : start + _KEY] for start in range(0, _KEY * count, _KEY)]


def belonging(number: int) -> bytes:
    """What a sealed text of the surrogate or the reference `number` belongs to."""
    return number.to_bytes(8, "big")


def seal_identifiers(keys: Keys, identifiers: Iterable[tuple[int, Identifier]]) -> list[bytes]:
    """Each identifier, sealed for its surrogate."""
    texts = ((msgspec.json.encode([i.type, i.scope, i.value]), belonging(number)) for number, i in identifiers)
    return keys.identifiers.seal(list(texts))


def open_identifier(keys: Keys, surrogate: int, sealed: bytes) -> Identifier | None:
    """The identifier behind a surrogate; None if the bytes were altered."""
    text = keys.identifiers.open(sealed, belonging(surrogate))
    if text is None:
        return None
    type_, scope, value = msgspec.json.decode(text, type=tuple[str, str, str])
    return Identifier(type=type_, scope=scope, value=value)


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY, salt=None, info=b"cdp-vault/1 " + purpose).derive(master)
