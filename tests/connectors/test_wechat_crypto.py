"""The cipher against the vendor's own vectors, and against everything it must refuse."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import Rejected
from connectors.wechat_crypto import WechatCipher, is_key
from tests.connectors.accounts import AES_KEY, CORP, SAMPLES, TOKEN, VECTORS

CIPHER = WechatCipher(TOKEN, AES_KEY)
HANDSHAKE, MESSAGE = VECTORS["wecom"]["cases"]
FIXED = VECTORS["wechatpy_deterministic"]


def test_the_official_handshake_is_signed_and_opens():
    query = HANDSHAKE["query"]

    assert CIPHER.is_signed(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
    assert CIPHER.open(query["echostr"]).message.decode() == HANDSHAKE["expect_plain"]


def test_the_official_message_is_signed_and_opens_to_the_very_bytes():
    query = MESSAGE["query"]
    opened = CIPHER.open(MESSAGE["encrypt"])

    assert CIPHER.signature(query["timestamp"], query["nonce"], MESSAGE["encrypt"]) == query["msg_signature"]
    assert opened.message == (SAMPLES / "crypto" / "callback_post_plain.xml").read_bytes()
    assert opened.receiver == CORP


@pytest.mark.parametrize("case", [HANDSHAKE, MESSAGE], ids=["handshake", "message"])
def test_the_official_ciphertexts_are_made_byte_for_byte(case):
    encrypted = case.get("encrypt") or case["query"]["echostr"]
    message = CIPHER.open(encrypted).message

    assert CIPHER.seal(message, CORP, bytes.fromhex(case["random16_hex"])) == encrypted


def test_the_fixed_random_vector_is_encrypted_and_signed_byte_for_byte():
    cipher = WechatCipher(FIXED["token"], FIXED["encoding_aes_key"])
    encrypted = cipher.seal(FIXED["plain"].encode(), FIXED["receive_id"], FIXED["random16"].encode())

    assert encrypted == FIXED["expect_encrypt"]
    assert cipher.signature(FIXED["timestamp"], FIXED["nonce"], encrypted) == FIXED["expect_msg_signature"]


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=20), st.binary(min_size=16, max_size=16))
def test_what_is_sealed_opens_again(message, receiver, prefix):
    opened = CIPHER.open(CIPHER.seal(message, receiver, prefix))

    assert (opened.message, opened.receiver) == (message, receiver)


@settings(deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode()))
def test_whatever_was_never_sealed_is_refused_and_nothing_else_happens(encrypted):
    with pytest.raises(Rejected) as refused:
        CIPHER.open(encrypted)
    assert refused.value.reason == "decrypt"


def encrypted_raw(padded: bytes) -> str:
    key = base64.b64decode(AES_KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


@pytest.mark.parametrize(
    ("padded", "says"),
    [
        (b"r" * 16 + (4).to_bytes(4, "big") + b"text" + b"\x00" * 8, "padding"),
        (b"r" * 16 + (4).to_bytes(4, "big") + b"text" + b"\x07" * 7 + b"\x08", "padding"),
        (b"\x21" * 64, "padding"),
        (b"r" * 16 + (400).to_bytes(4, "big") + b"text" + b"\x08" * 8, "400 bytes and has 4"),
        (b"r" * 4 + b"\x1c" * 28, "bytes and has 0"),
        (b"r" * 16 + (2).to_bytes(4, "big") + b"te\xff\xff" + b"\x08" * 8, "receiver"),
    ],
)
def test_padding_length_and_receiver_are_checked_strictly(padded, says):
    with pytest.raises(Rejected, match=says):
        CIPHER.open(encrypted_raw(padded))


def test_a_ciphertext_under_another_key_is_refused():
    other = WechatCipher(TOKEN, "x" * 43)

    with pytest.raises(Rejected):
        other.open(MESSAGE["encrypt"])


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "é"])
def test_a_key_of_the_wrong_shape_is_no_key(key):
    assert not is_key(key)
    with pytest.raises(ValueError, match="43 letters and digits"):
        WechatCipher(TOKEN, key)


def test_no_secret_shows_in_the_repr():
    assert TOKEN not in repr(CIPHER)
    assert AES_KEY not in repr(CIPHER)
