"""One account of each platform, keyed as the samples are, and calls as the platforms make them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cdp.ports import Callback, Connector
from connectors.registry import connector
from connectors.wechat_crypto import WechatCipher
from connectors.youzan.callback import event_sign

SAMPLES = Path(__file__).parent / "samples"
VECTORS = json.loads((SAMPLES / "crypto" / "crypto_vectors.json").read_text())
CORP = VECTORS["wecom"]["receive_id"]
TOKEN = VECTORS["wecom"]["token"]
AES_KEY = VECTORS["wecom"]["encoding_aes_key"]
APPID = "wx0000000000000042"
STORE_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
RECEIVED_AT = 1_781_000_000_000_000


def fingerprint(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16, key=b"vault").digest()


def wecom(**options: Any) -> Connector:
    return connector("wecom", "main", {"corp_id": CORP, "token": TOKEN, "aes_key": AES_KEY} | options, fingerprint)


def youzan(**options: Any) -> Connector:
    known = {"client_id": "CLIENT_ID_TEST", "client_secret": "CLIENT_SECRET_TEST"}
    return connector("youzan", "main", known | options, fingerprint)


def wechat_store() -> Connector:
    return connector("wechat-store", "main", {"token": "shop", "aes_key": STORE_KEY, "appid": APPID}, fingerprint)


def posted(body: bytes, query: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Callback:
    return Callback("POST", query or {}, headers or {}, body, RECEIVED_AT)


def from_wecom(
    plain: bytes, *, receiver: str = CORP, nonce: str = "nonce", prefix: bytes = b"0123456789abcdef"
) -> Callback:
    """A message as WeCom would encrypt, sign and post it."""
    cipher = WechatCipher(TOKEN, AES_KEY)
    encrypted = cipher.seal(plain, receiver, prefix)
    query = {"timestamp": "1409659813", "nonce": nonce}
    query["msg_signature"] = cipher.signature(query["timestamp"], nonce, encrypted)
    return posted(f"<xml><ToUserName>x</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode(), query)


def from_store(plain: bytes, *, receiver: str = APPID, prefix: bytes = b"0123456789abcdef") -> Callback:
    """A message as WeChat Store would encrypt, sign and post it."""
    cipher = WechatCipher("shop", STORE_KEY)
    encrypted = cipher.seal(plain, receiver, prefix)
    query = {"timestamp": "1662480000", "nonce": "n", "openid": "OPENID", "encrypt_type": "aes"}
    query["signature"] = cipher.signature(query["timestamp"], "n")
    query["msg_signature"] = cipher.signature(query["timestamp"], "n", encrypted)
    return posted(json.dumps({"ToUserName": "gh_*", "Encrypt": encrypted}).encode(), query)


def from_youzan(body: bytes, client_secret: str = "CLIENT_SECRET_TEST") -> Callback:
    """A push as Youzan would sign and post it."""
    return posted(body, headers={"event-sign": event_sign("CLIENT_ID_TEST", body, client_secret)})
