"""Keys derived from the master key, and what is encrypted under them. No I/O.

One master key gives others by HKDF-SHA256: for looking identifiers up, for sealing identifiers, for wrapping the keys of
surrogates, and for fingerprints. Digests are keyed BLAKE2b (RFC 7693). A sealed text is a random nonce of 12 bytes
and what AES-256-GCM makes of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cdp.events.touchpoint import Identifier

_NONCE = 12
_KEY = 32
_DIGEST = 16

IdentifierKey = tuple[str, str, str]
"""type, scope and value of an identifier: its role is no part of it"""


class Sealer:
    """Seals and opens under one key."""

    def __init__(self, key: bytes):
        self._cipher = AESGCM(key)

    def seal(self, nonce: bytes, text: bytes, number: int) -> bytes:
        """Seal a text for a surrogate or a reference; it opens only together with the same number."""
        return nonce + self._cipher.encrypt(nonce, text, number.to_bytes(8, "big"))

    def open(self, sealed: bytes, number: int) -> bytes | None:
        """The text; None if it was sealed under another key, for another number, or was altered."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], number.to_bytes(8, "big"))
        except InvalidTag:
            return None


class Keys:
    """What is derived from one master key."""

    def __init__(self, master: bytes):
        # Copied for each use, which is faster than keying anew.
        self._lookup = _keyed(_derive(master, b"lookup"))
        self._fingerprint = _keyed(_derive(master, b"fingerprint"))
        self._check = _derive(master, b"check")
        self.identifiers = Sealer(_derive(master, b"identifiers"))
        self.wrapping = Sealer(_derive(master, b"wrapping"))

    def lookup(self, key: IdentifierKey) -> bytes:
        """The 16 bytes under which an identifier is found."""
        return self.lookups([key])[0]

    def lookups(self, keys: Iterable[IdentifierKey]) -> list[bytes]:
        """The 16 bytes each under which identifiers are found."""
        texts = [f"{len(type_)}:{type_}{len(scope)}:{scope}{value}" for type_, scope, value in keys]
        return _digests(self._lookup, [text.encode(errors="surrogatepass") for text in texts])

    def fingerprints(self, contents: Iterable[bytes]) -> list[bytes]:
        """16 bytes each that tell equal content from different content, to nobody without the key more than that."""
        return _digests(self._fingerprint, contents)

    def check(self) -> bytes:
        """Tells whether a database was made under this key, without telling the key."""
        return blake2b(b"vault", key=self._check).digest()


def nonces(count: int) -> list[bytes]:
    """Random nonces, each to be used once."""
    return _draw(count, _NONCE)


def new_keys(count: int) -> list[bytes]:
    """Random keys for surrogates."""
    return _draw(count, _KEY)


def seal_identifiers(keys: Keys, identifiers: Mapping[IdentifierKey, int]) -> list[bytes]:
    """Each identifier, sealed for its surrogate."""
    encode, seal = msgspec.json.Encoder().encode, keys.identifiers.seal
    drawn = nonces(len(identifiers))
    return [seal(nonce, encode(key), number) for nonce, (key, number) in zip(drawn, identifiers.items(), strict=True)]


def open_identifier(keys: Keys, surrogate: int, sealed: bytes) -> Identifier | None:
    """The identifier behind a surrogate; None if the bytes were altered."""
    text = keys.identifiers.open(sealed, surrogate)
    if text is None:
        return None
    type_, scope, value = msgspec.json.decode(text, type=IdentifierKey)
    return Identifier(type=type_, scope=scope, value=value)


def _draw(count: int, size: int) -> list[bytes]:
    # One call for all: each asks the operating system.
    drawn = os.urandom(size * count)
    return [drawn[start : start + size] for start in range(0, size * count, size)]


def _keyed(key: bytes) -> blake2b:
    return blake2b(key=key, digest_size=_DIGEST)


def _digests(keyed: blake2b, contents: Iterable[bytes]) -> list[bytes]:
    begin = keyed.copy
    digests = []
    for content in contents:
        hasher = begin()
        hasher.update(content)
        digests.append(hasher.digest())
    return digests


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY, salt=None, info=b"cdp-vault/1 " + purpose).derive(master)
